-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- entities/collisions.ts countCollisions
insert into collisions (connection, reason, count)
values (?, …)
on conflict (connection, reason) do update
set count = collisions.count + excluded.count;

-- entities/list-lines.ts readLines
select id, external_id, last_updated_at, source_form, lines
from entities
where id in (?, …) and lines is not null
order by id;

-- entities/list-lines.ts readLines
select id, external_id, last_updated_at, source_form, lines, sources
from entities
where id in (?, …) and lines is not null
order by id;

-- entities/list-names.ts readNames
select distinct e.id, e.connection, e.kind, e.external_id as "externalId", e.number
from (select json_extract(value, '$.connection') as "connection", json_extract(value, '$.kind') as "kind", json_extract(value, '$.externalId') as "externalId"
from jsonb_each(?)) as rows
cross join entities e
where e.connection = rows.connection and e.kind = rows.kind and e.external_id = rows."externalId" and 1 = 1;

-- entities/list-names.ts readNamesOf
select e.id, e.connection, e.kind, e.external_id as "externalId", e.number
from entities e
where e.id in (?, …);

-- entities/list-names.ts readNumbered
select e.id, e.connection, e.kind, e.external_id as "externalId", e.number
from entities e
where e.kind in (?, …) and e.number in (?, …)
order by e.updated_at desc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.connection in (?, …) and entities.kind in (?, …) and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.id in (?, …) and entities.kind in (?, …) and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.kind in (?, …) and entities.number = ? and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.kind in (?, …) and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.kind in (?, …) and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.kind in (?, …) and entities.status = ? and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.kind in (?, …) and entities.status = ? and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where entities.kind in (?, …) and entities.updated_at > ? and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at, sources, source_lines
from entities
where entities.kind in (?, …) and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select max(seq) as seq
from entities;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) + (coalesce(octet_length(entities.lines), 0) + 650 * entities.line_count) + 350 * (select count(*)
from documents
where documents.entity_id = entities.id) as bytes
from entities
where entities.kind in (?, …) and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) + (coalesce(octet_length(entities.lines), 0) + 650 * entities.line_count) + 350 * (select count(*)
from documents
where documents.entity_id = entities.id) as bytes
from entities
where entities.kind in (?, …) and entities.status = ? and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) + (coalesce(octet_length(entities.lines), 0) + 650 * entities.line_count) as bytes
from entities
where entities.id in (?, …) and entities.kind in (?, …) and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) + source_bytes as bytes
from entities
where entities.kind in (?, …) and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.connection in (?, …) and entities.kind in (?, …) and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.id in (?, …) and entities.kind in (?, …) and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.kind in (?, …) and entities.connection = ? and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.kind in (?, …) and entities.number = ? and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.kind in (?, …) and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.kind in (?, …) and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.kind in (?, …) and entities.status = ? and entities.seq > ?
order by entities.seq asc
limit ?;

-- entities/list.ts listEntitySizes
select seq, 900 + octet_length(header) as bytes
from entities
where entities.kind in (?, …) and entities.updated_at > ? and entities.seq > ? and entities.seq <= ?
order by entities.seq asc
limit ?;

-- entities/list.ts readEntities
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at
from entities
where id in (?, …);

-- entities/list.ts readEntity
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at, sources, source_lines
from entities
where id = ? and kind in (?, …) and connection in (?, …);

-- entities/list.ts readEntity
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at, sources, source_lines
from entities
where id = ? and kind in (?, …);

-- entities/list.ts readEntityByExternalId
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at, sources, source_lines
from entities
where connection = ? and kind = ? and external_id = ? and connection in (?, …);

-- entities/list.ts readEntityByExternalId
select seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at, sources, source_lines
from entities
where connection = ? and kind = ? and external_id = ?;

-- entities/read-known.ts readKnown
select seq, kind, external_id
from entities
where connection = ? and kind in (?, …) and updated_at < ? and deleted_at is null and seq > ?
order by seq
limit ?;

-- entities/search.ts readLatestStart
select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_0
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_1
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_2
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_3
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_4
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_5
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_6
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_7
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_8
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_9
union all select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_10;

-- entities/search.ts readLatestStart
select *
from (select updated_at
from entities
where kind = ?
order by updated_at desc
limit 1 offset 5000) as kind_0;

-- entities/search.ts select
select id, connection, kind, external_id, number, status, header, version, deleted_at, updated_at
from entities
where kind in (?, …)
order by updated_at desc, seq desc
limit ? offset ?;

-- entities/search.ts select
select id, connection, kind, external_id, number, status, header, version, deleted_at, updated_at
from entities
where kind in (?, …) and (lower(number) like ? escape '!' or external_id = ?)
order by updated_at desc, seq desc
limit ? offset ?;

-- entities/states.ts addDocuments
select d.id, d.entity_id, d.announced, d.superseded_by, d.removed_at
from (select json_extract(value, '$.id') as "id"
from jsonb_each(?)) as rows
cross join documents d
where d.entity_id = rows.id;

-- entities/states.ts readStates
select e.id, e.connection, e.platform, e.kind, e.external_id, e.number, e.status, e.header, e.source_form, e.source_lines, e.last_updated_at, e.compared_at, e.version, e.deleted_at, e.created_at, e.updated_at, e.revision, e.lines, e.sources
from (select json_extract(value, '$.connection') as "connection", json_extract(value, '$.kind') as "kind", json_extract(value, '$.external_id') as "external_id"
from jsonb_each(?)) as rows
cross join entities e
where e.connection = rows.connection and e.kind = rows.kind and e.external_id = rows.external_id
order by e.seq;

-- entities/states.ts readStates
select e.id, e.connection, e.platform, e.kind, e.external_id, e.number, e.status, e.header, e.source_form, e.source_lines, e.last_updated_at, e.compared_at, e.version, e.deleted_at, e.created_at, e.updated_at, e.revision, e.lines, e.sources
from (select json_extract(value, '$.connection') as "connection", json_extract(value, '$.kind') as "kind", json_extract(value, '$.external_id') as "external_id"
from jsonb_each(?)) as rows
cross join entities e
where e.connection = rows.connection and e.kind = rows.kind and e.external_id = rows.external_id;

-- entities/states.ts writePortion
insert into entities (id, connection, platform, kind, external_id, number, status, header, source_form, source_lines, last_updated_at, compared_at, version, deleted_at, created_at, updated_at, revision, lines, line_count, source_bytes, sources) select rows.id, rows.connection, rows.platform, rows.kind, rows.external_id, rows.number, rows.status, rows.header, rows.source_form, rows.source_lines, rows.last_updated_at, rows.compared_at, rows.version, rows.deleted_at, rows.created_at, rows.updated_at, rows.revision, rows.lines, rows.line_count, rows.source_bytes, case when rows.bytes > 0 then coalesce(substr(?, rows.at, rows.bytes), x'') end
from (select json_extract(value, '$.id') as "id", json_extract(value, '$.connection') as "connection", json_extract(value, '$.platform') as "platform", json_extract(value, '$.kind') as "kind", json_extract(value, '$.external_id') as "external_id", json_extract(value, '$.number') as "number", json_extract(value, '$.status') as "status", json_extract(value, '$.header') as "header", json_extract(value, '$.source_form') as "source_form", json_extract(value, '$.source_lines') as "source_lines", json_extract(value, '$.last_updated_at') as "last_updated_at", json_extract(value, '$.compared_at') as "compared_at", json_extract(value, '$.version') as "version", json_extract(value, '$.deleted_at') as "deleted_at", json_extract(value, '$.created_at') as "created_at", json_extract(value, '$.updated_at') as "updated_at", json_extract(value, '$.revision') as "revision", json_extract(value, '$.lines') as "lines", json_extract(value, '$.line_count') as "line_count", json_extract(value, '$.source_bytes') as "source_bytes", json_extract(value, '$.at') as "at", json_extract(value, '$.bytes') as "bytes"
from jsonb_each(?)) as rows
where true
on conflict (connection, kind, external_id) do update
set number = excluded.number, status = excluded.status, header = excluded.header, source_form = excluded.source_form, source_lines = excluded.source_lines, last_updated_at = excluded.last_updated_at, compared_at = excluded.compared_at, version = excluded.version, deleted_at = excluded.deleted_at, updated_at = excluded.updated_at, revision = excluded.revision + 1, lines = excluded.lines, line_count = excluded.line_count, source_bytes = excluded.source_bytes, sources = excluded.sources
where entities.id = excluded.id and entities.revision = excluded.revision
returning 1 as written;

-- entities/states.ts writePortion
update entities
set lines = ?
where id = ?;
