-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- documents/claim.ts claimDocuments
select id, connection, host
from ( select id, connection, host, tries, next_attempt_at, seq, row_number() over (partition by connection, host
order by next_attempt_at, seq) as place
from (select *
from documents
where state = 'announced' and next_attempt_at <= ? and (lease_until is null or lease_until <= ?)
order by next_attempt_at, seq
limit ?) due) placed
where place <= ?
order by tries, place, next_attempt_at, seq;

-- documents/claim.ts claimDocuments
update documents
set lease_until = ?
where state = 'announced' and next_attempt_at <= ? and (lease_until is null or lease_until <= ?) and id in (select rows.id
from (select json_extract(value, '$.id') as "id"
from jsonb_each(?)) as rows)
returning id, connection, host, announced, tries, lease_until, announced_at, next_attempt_at, superseded_by is null and removed_at is null as is_current;

-- documents/claim.ts completeDocument
update documents
set lease_until = null
where id = ? and lease_until = ?;

-- documents/claim.ts completeDocument
update documents
set state = ?, tries = ?, error = ?, next_attempt_at = ?, lease_until = null, sha256 = coalesce(?, sha256), bytes = coalesce(?, bytes), content_type = coalesce(?, content_type), filename = coalesce(?, filename), stored_at = coalesce(?, stored_at)
where id = ? and lease_until = ? and state = 'announced' and announced = ?
returning id;

-- documents/claim.ts hasGivenUp
select 1
from documents
where state not in ('stored', 'empty') and state <> 'announced' and superseded_by is null and removed_at is null and connection = ?
limit 1;

-- documents/claim.ts isDocumentDue
select 1
from documents
where state = 'announced' and next_attempt_at <= ? and (lease_until is null or lease_until <= ?)
limit 1;

-- documents/claim.ts requeueDocument
update documents
set state = 'announced', tries = 0, next_attempt_at = ?, lease_until = null
where id = ? and state in ('missing', 'too_large', 'refused', 'failed')
returning id;

-- documents/list-missing.ts listMissingDocuments
select d.id, d.connection, d.entity_id, e.kind, e.external_id, d.announced, d.state, d.tries, d.error, d.announced_at, d.next_attempt_at
from documents d
join entities e on e.id = d.entity_id
where d.state not in ('stored', 'empty') and d.superseded_by is null and d.removed_at is null and 1 = 1
order by d.announced_at, d.id
limit ?;

-- documents/list-missing.ts listMissingDocuments
select d.id, d.connection, d.entity_id, e.kind, e.external_id, d.announced, d.state, d.tries, d.error, d.announced_at, d.next_attempt_at
from documents d
join entities e on e.id = d.entity_id
where d.state not in ('stored', 'empty') and d.superseded_by is null and d.removed_at is null and d.connection = ?
order by d.announced_at, d.id
limit ?;

-- documents/list.ts listDocuments
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where documents.connection in (?, …) and superseded_by is null and removed_at is null and documents.seq > ? and documents.seq <= ?
order by documents.seq asc
limit ?;

-- documents/list.ts listDocuments
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where entity_id in (select id
from entities
where id = ? and kind = ?) and documents.seq > ? and documents.seq <= ?
order by documents.seq asc
limit ?;

-- documents/list.ts listDocuments
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where entity_id in (select id
from entities
where id = ? and kind = ?) and superseded_by is null and removed_at is null and documents.seq > ? and documents.seq <= ?
order by documents.seq asc
limit ?;

-- documents/list.ts listDocuments
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where state = ? and superseded_by is null and removed_at is null and documents.seq > ? and documents.seq <= ?
order by documents.seq asc
limit ?;

-- documents/list.ts listDocuments
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where superseded_by is null and removed_at is null and documents.seq > ? and documents.seq <= ?
order by documents.seq asc
limit ?;

-- documents/list.ts listDocuments
select max(seq) as seq
from documents;

-- documents/list.ts readDocument
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where documents.id = ? and documents.connection in (?, …);

-- documents/list.ts readDocument
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where documents.id = ?;

-- documents/list.ts readDocumentsOf
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where entity_id in (?, …)
order by documents.seq;

-- documents/list.ts readDocumentsOf
select documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line, announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at
from documents
join entities on entities.id = documents.entity_id
where entity_id in (?, …) and superseded_by is null and removed_at is null
order by documents.seq;

-- documents/release.ts releaseDocuments
update documents
set next_attempt_at = ?
where state = 'announced' and next_attempt_at > ? and (error like 'circuit_open:%' or error like 'platform_refuses_us:%')
returning id;

-- documents/release.ts releaseDocuments
update documents
set next_attempt_at = ?
where state = 'announced' and next_attempt_at > ? and connection = ? and (error like 'circuit_open:%' or error like 'platform_refuses_us:%')
returning id;

-- documents/upsert.ts insertPortion
insert into documents (id, connection, entity_id, key, line, announced, state, announced_at, next_attempt_at, superseded_by, removed_at, host) select rows.id, rows.connection, rows.entity_id, rows.key, rows.line, rows.announced, rows.state, rows.announced_at, rows.next_attempt_at, rows.superseded_by, rows.removed_at, rows.host
from (select json_extract(value, '$.id') as "id", json_extract(value, '$.connection') as "connection", json_extract(value, '$.entity_id') as "entity_id", json_extract(value, '$.key') as "key", json_extract(value, '$.line') as "line", json_extract(value, '$.announced') as "announced", json_extract(value, '$.state') as "state", json_extract(value, '$.announced_at') as "announced_at", json_extract(value, '$.next_attempt_at') as "next_attempt_at", json_extract(value, '$.superseded_by') as "superseded_by", json_extract(value, '$.removed_at') as "removed_at", json_extract(value, '$.host') as "host"
from jsonb_each(?)) as rows
where true
on conflict (id) do update
set key = excluded.key, line = excluded.line, announced = excluded.announced, state = excluded.state, tries = 0, error = null, next_attempt_at = excluded.next_attempt_at, superseded_by = excluded.superseded_by, removed_at = excluded.removed_at, host = excluded.host;

-- documents/upsert.ts markDocuments
update documents
set superseded_by = rows.superseded_by, removed_at = rows.removed_at
from (select json_extract(value, '$.id') as "id", json_extract(value, '$.superseded_by') as "superseded_by", json_extract(value, '$.removed_at') as "removed_at"
from jsonb_each(?)) as rows
where documents.id = rows.id;
