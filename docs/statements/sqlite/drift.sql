-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- drift/list.ts listDrift
select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id
from drift
where (connection, kind, path, name) > (?, …)
order by connection, kind, path, name
limit ?;

-- drift/list.ts listDrift
select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id
from drift
where 1 = 1
order by connection, kind, path, name
limit ?;

-- drift/list.ts listDrift
select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id
from drift
where connection = ?
order by connection, kind, path, name
limit ?;

-- drift/list.ts listDrift
select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id
from drift
where connection = ? and kind = ?
order by connection, kind, path, name
limit ?;

-- drift/list.ts listDrift
select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id
from drift
where connection in (?, …)
order by connection, kind, path, name
limit ?;

-- drift/list.ts listDrift
select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id
from drift
where connection in (?, …) and kind = ?
order by connection, kind, path, name
limit ?;

-- drift/list.ts listDrift
select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id
from drift
where kind = ?
order by connection, kind, path, name
limit ?;

-- drift/upsert.ts countOf
select count(*) as count
from drift
where connection = ?;

-- drift/upsert.ts readKnown
select drift.kind, drift.path, drift.name
from (select json_extract(value, '$.kind') as "kind", json_extract(value, '$.path') as "path", json_extract(value, '$.name') as "name"
from jsonb_each(?)) as rows
cross join drift
where drift.connection = ? and drift.kind = rows.kind and drift.path = rows.path and drift.name = rows.name;

-- drift/upsert.ts upsertRows
insert into drift (connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id) select rows.connection, rows.platform, rows.kind, rows.name, rows.path, rows.at, rows.at, rows.count, rows.sample_id
from (select json_extract(value, '$.kind') as "kind", json_extract(value, '$.path') as "path", json_extract(value, '$.name') as "name", json_extract(value, '$.connection') as "connection", json_extract(value, '$.platform') as "platform", json_extract(value, '$.at') as "at", json_extract(value, '$.count') as "count", json_extract(value, '$.sample_id') as "sample_id"
from jsonb_each(?)) as rows
where true
on conflict (connection, kind, path, name) do update
set last_seen_at = excluded.last_seen_at, count = drift.count + excluded.count, sample_id = excluded.sample_id;
