-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- reconciliation/coverage.ts addProven
delete
from coverage
where connection = ? and to_at >= ? and (from_at is null or from_at <= ?)
returning from_at, to_at;

-- reconciliation/coverage.ts addProven
insert into coverage (connection, from_at, to_at, run_id)
values (?, …);

-- reconciliation/coverage.ts clipProven
update coverage
set to_at = ?
where connection = ? and to_at > ?;

-- reconciliation/coverage.ts readFailedRuns
select id, started_at as "startedAt", state, failed
from reconcile_runs
where connection = ? and started_at >= ? and (state <> 'done' or failed > 0)
order by seq;

-- reconciliation/coverage.ts readProven
select from_at as "from", to_at as "to", run_id as "runId"
from coverage
where connection = ?
order by to_at, seq;

-- reconciliation/coverage.ts readRejectedSpans
select status, code, min(at) as "from", max(at) as "to", count(*) as count
from refusals
where connection = ? and at > ? and status not in (n, …) and reason is null
group by status, code, substr(at, 1, 13)
order by 3;

-- reconciliation/gaps.ts countLostGaps
select count(*) as count
from gaps
where run_id = ? and cause <> 'late';

-- reconciliation/gaps.ts findLateGaps
select g.seq, g.at, max(d.received_at) as "receivedAt"
from (select seq, connection, kind, external_id, at
from gaps
where connection = ? and at >= ? and cause = 'never_delivered'
order by seq desc
limit 5000) as g
join deliveries d on d.subject = g.kind || ':' || g.external_id and d.connection = g.connection
where d.state = 'done' and d.finished_at >= g.at and not exists (select 1
from changes c
where c.cause_id = d.id)
group by g.seq, g.at;

-- reconciliation/gaps.ts findUnprocessed
select id, subject, state, received_at as "receivedAt", error
from (select d.seq, d.id, d.subject, d.state, d.received_at, d.error
from (select json_extract(value, '$.subject') as "subject"
from jsonb_each(?)) as rows
cross join deliveries d
where d.subject = rows.subject and d.connection = ? and d.state in ('pending', 'working')
union all select d.seq, d.id, d.subject, d.state, d.received_at, d.error
from (select json_extract(value, '$.subject') as "subject"
from jsonb_each(?)) as rows
cross join deliveries d
where d.subject = rows.subject and d.connection = ? and d.state = 'dead' and d.finished_at is not null) as found
order by seq;

-- reconciliation/gaps.ts hasDeliveries
select 1 as found
from deliveries
where connection = ?
limit 1;

-- reconciliation/gaps.ts insertGaps
insert into gaps (run_id, connection, kind, external_id, cause, details, change_seq, platform_at, at) select rows.run_id, rows.connection, rows.kind, rows.external_id, rows.cause, rows.details, rows.change_seq, rows.platform_at, rows.at
from (select json_extract(value, '$.run_id') as "run_id", json_extract(value, '$.connection') as "connection", json_extract(value, '$.kind') as "kind", json_extract(value, '$.external_id') as "external_id", json_extract(value, '$.cause') as "cause", json_extract(value, '$.details') as "details", json_extract(value, '$.change_seq') as "change_seq", json_extract(value, '$.platform_at') as "platform_at", json_extract(value, '$.at') as "at"
from jsonb_each(?)) as rows
where true;

-- reconciliation/gaps.ts markLate
update gaps
set cause = 'late'
where seq in (?, …) and cause = 'never_delivered';

-- reconciliation/gaps.ts readPreviousRunStart
select started_at
from reconcile_runs
where connection = ? and state = 'done' and failed = 0 and seq < (select seq
from reconcile_runs
where id = ?)
order by seq desc
limit 1;

-- reconciliation/gaps.ts readRejections
select at, status, code
from refusals
where connection = ? and at >= ?
order by at, seq
limit ?;

-- reconciliation/list-runs.ts listRuns
select seq, id, connection, "trigger", state, started_at, finished_at, error, progress, seen, unchanged, applied, gaps, failed
from reconcile_runs
where 1 = 1
order by seq desc
limit ?;

-- reconciliation/list-runs.ts listRuns
select seq, id, connection, "trigger", state, started_at, finished_at, error, progress, seen, unchanged, applied, gaps, failed
from reconcile_runs
where connection = ?
order by seq desc
limit ?;

-- reconciliation/list-runs.ts listRuns
select seq, id, connection, "trigger", state, started_at, finished_at, error, progress, seen, unchanged, applied, gaps, failed
from reconcile_runs
where connection = ? and state = ? and seq < ?
order by seq desc
limit ?;

-- reconciliation/list-runs.ts listRuns
select seq, id, connection, "trigger", state, started_at, finished_at, error, progress, seen, unchanged, applied, gaps, failed
from reconcile_runs
where connection in (?, …)
order by seq desc
limit ?;

-- reconciliation/list-runs.ts readGaps
select g.kind, g.external_id, g.cause, g.details, g.change_seq, c.change_id, g.platform_at, g.at
from gaps g
left join changes c on c.seq = g.change_seq
where g.run_id = ?
order by g.seq;

-- reconciliation/list-runs.ts readRun
select seq, id, connection, "trigger", state, started_at, finished_at, error, progress, seen, unchanged, applied, gaps, failed
from reconcile_runs
where id = ? and connection in (?, …);

-- reconciliation/list-runs.ts readRun
select seq, id, connection, "trigger", state, started_at, finished_at, error, progress, seen, unchanged, applied, gaps, failed
from reconcile_runs
where id = ?;

-- reconciliation/runs.ts advanceRun
update reconcile_runs
set seen = seen + ?, unchanged = unchanged + ?, applied = applied + ?, gaps = gaps + ?, failed = failed + ?, progress = ?
where id = ?;

-- reconciliation/runs.ts completeRun
update reconcile_runs
set state = ?, finished_at = ?, error = ?
where id = ? and state = 'running'
returning id;

-- reconciliation/runs.ts insertRun
insert into reconcile_runs (id, connection, "trigger", state, started_at, progress)
values (?, …, 'running', ?, …);

-- reconciliation/watermarks.ts moveWatermark
insert into watermarks (connection, stream, watermark, updated_at)
values (?, …)
on conflict (connection, stream) do update
set watermark = excluded.watermark, updated_at = excluded.updated_at;

-- reconciliation/watermarks.ts readWatermarks
select stream, watermark
from watermarks
where connection = ?
order by stream;
