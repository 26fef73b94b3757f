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
from json_to_recordset(?::json) as rows("kind" text, "path" text, "name" text)
cross join drift
where drift.connection = ? and drift.kind = rows.kind and drift.path = rows.path and drift.name = rows.name;

-- drift/upsert.ts upsertRows
insert into drift (connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id) select rows.connection, rows.platform, rows.kind, rows.name, rows.path, rows.at, rows.at, rows.count, rows.sample_id
from json_to_recordset(?::json) as rows("kind" text, "path" text, "name" text, "connection" text, "platform" text, "at" text, "count" bigint, "sample_id" text)
where true
on conflict (connection, kind, path, name) do update
set last_seen_at = excluded.last_seen_at, count = drift.count + excluded.count, sample_id = excluded.sample_id;
