-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- search/search-index.ts readChangedAfter
select seq, entity_id
from changes
where seq > ?
order by seq
limit ?;

-- search/search-index.ts readNewestChanged
select entity_id
from (select entity_id, seq
from changes
where seq > ?
order by seq desc
limit ?) as newest
group by entity_id;

-- search/search-index.ts readSearchPosition
select position
from search_progress
where id = 1;

-- search/search-index.ts writeSearchTexts
delete
from search_index
where rowid in (select seq
from (select json_extract(value, '$.seq') as "seq"
from jsonb_each(?)) as rows);

-- search/search-index.ts writeSearchTexts
insert into search_index (rowid, grams) select seq, text
from (select json_extract(value, '$.seq') as "seq", json_extract(value, '$.text') as "text"
from jsonb_each(?)) as rows;

-- search/search-index.ts writeSearchTexts
update search_progress
set position = ?
where id = 1 and position = ?
returning id;

-- search/search.ts findByNumber
select *
from (select id
from entities
where kind in (?, …) and number = ?
limit 20) as found0 union select *
from (select id
from entities
where connection in (?, …) and kind in (?, …) and external_id = ?
limit 20) as found1 union select *
from (select id
from entities
where id = ?
limit 20) as found2;

-- search/search.ts findByReference
select distinct changes.entity_id as id
from receipts
join changes on changes.seq = receipts.change_seq
where receipts.reference = ?
limit 20;

-- search/search.ts findDeliveries
select id, connection, event_type as "eventType", event_id as "eventId", subject, received_at as "receivedAt"
from deliveries
where seq in (select seq
from deliveries
where id = ?
union all select seq
from deliveries
where event_id = ? and finished_at is not null
union all select seq
from deliveries
where event_id = ? and state in ('pending', 'working')
union all select seq
from deliveries
where subject = ? and finished_at is not null) and 1 = 1
order by seq desc
limit ?;

-- search/search.ts findDeliveries
select id, connection, event_type as "eventType", event_id as "eventId", subject, received_at as "receivedAt"
from deliveries
where seq in (select seq
from deliveries
where id = ?
union all select seq
from deliveries
where event_id = ? and finished_at is not null
union all select seq
from deliveries
where event_id = ? and state in ('pending', 'working')
union all select seq
from deliveries
where subject = ? and finished_at is not null) and connection in (?, …)
order by seq desc
limit ?;

-- search/search.ts newestPosition
select max(search_index.rowid) as seq
from search_index;

-- search/search.ts readAnnounced
select entity_id, announced
from documents
where entity_id in (?, …);

-- search/search.ts readSearchedEntities
select seq, id, kind, connection, external_id, number, status, header
from entities
where id in (?, …) and connection in (?, …);

-- search/search.ts readSearchedEntities
select seq, id, kind, connection, external_id, number, status, header
from entities
where id in (?, …);

-- search/search.ts sampleEntities
select id
from entities
where seq in (?, …);

-- search/search.ts selectFound
select entities.seq, entities.id
from (select rowid as seq
from search_index
where search_index match ? and rowid >= ? and rowid < ?) as candidates
join entities on entities.seq = candidates.seq
where (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!'))
order by candidates.seq + 0 desc
limit ?;

-- search/search.ts selectFound
select entities.seq, entities.id
from (select rowid as seq
from search_index
where search_index match ? and rowid >= ? and rowid < ?) as candidates
join entities on entities.seq = candidates.seq
where (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!')) and (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!'))
order by candidates.seq + 0 desc
limit ?;

-- search/search.ts selectFound
select entities.seq, entities.id
from (select rowid as seq
from search_index
where search_index match ? and rowid >= ? and rowid < ?) as candidates
join entities on entities.seq = candidates.seq
where entities.connection in (?, …) and (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!'))
order by candidates.seq + 0 desc
limit ?;

-- search/search.ts selectFound
select entities.seq, entities.id
from (select search_index.rowid as seq
from search_index
join entities on entities.seq = search_index.rowid
where search_index match ? and search_index.rowid < ? and entities.connection in (?, …)
order by search_index.rowid desc
limit 5000) as candidates
join entities on entities.seq = candidates.seq
where entities.connection in (?, …) and (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!'))
order by candidates.seq + 0 desc
limit ?;

-- search/search.ts selectFound
select entities.seq, entities.id
from (select search_index.rowid as seq
from search_index
where search_index match ? and search_index.rowid < ?
order by search_index.rowid desc
limit 5000) as candidates
join entities on entities.seq = candidates.seq
where (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!'))
order by candidates.seq + 0 desc
limit ?;

-- search/search.ts selectFound
select entities.seq, entities.id
from (select search_index.rowid as seq
from search_index
where search_index match ? and search_index.rowid < ?
order by search_index.rowid desc
limit 5000) as candidates
join entities on entities.seq = candidates.seq
where (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!')) and (lower(entities.number) like lower(?) escape '!' or lower(entities.external_id) like lower(?) escape '!' or lower(entities.header) like lower(?) escape '!' or lower(entities.lines) like lower(?) escape '!' or exists (select 1
from documents
where entity_id = entities.id and lower(announced) like lower(?) escape '!'))
order by candidates.seq + 0 desc
limit ?;
