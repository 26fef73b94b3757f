-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- monitoring/alerts.ts acknowledgeAlert
update alerts
set acknowledged_at = ?, acknowledged_by = ?
where key = ? and closed_at is null
returning key;

-- monitoring/alerts.ts closeAlert
insert into resolved_alerts (key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until) select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where key = ?;

-- monitoring/alerts.ts closeAlert
update alerts
set closed_at = ?
where key = ? and closed_at is null
returning *;

-- monitoring/alerts.ts describeAlert
update alerts
set text = ?, details = ?
where key = ? and closed_at is null;

-- monitoring/alerts.ts isAlertOpen
select 1 as open
from alerts
where key = ? and closed_at is null;

-- monitoring/alerts.ts keepClosing
update alerts
set closing = ?, send_after = ?
where key = ? and closed_at is not null;

-- monitoring/alerts.ts lockAlert
select *
from alerts
where key = ?;

-- monitoring/alerts.ts markAlertUnsent
update alerts
set last_sent_at = null, send_after = ?
where key = ?;

-- monitoring/alerts.ts muteAlert
update alerts
set muted_until = ?
where key = ? and closed_at is null
returning key;

-- monitoring/alerts.ts readOpenAlerts
select *
from alerts
where closed_at is null
order by opened_at desc;

-- monitoring/alerts.ts readOpenAlerts
select *
from alerts
where closed_at is null and code = ?
order by opened_at desc;

-- monitoring/alerts.ts readSendPause
select max(send_after) as until
from alerts
where send_after > ?;

-- monitoring/alerts.ts readUnsentClosings
select *
from alerts
where closed_at is not null and closing is not null
order by closed_at;

-- monitoring/alerts.ts upsertAlert
insert into alerts (key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until)
values (?, …)
on conflict (key) do update
set level = excluded.level, text = excluded.text, details = excluded.details, opened_at = excluded.opened_at, last_sent_at = excluded.last_sent_at, closed_at = excluded.closed_at, count = excluded.count, acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by, muted_until = excluded.muted_until, closing = null;

-- monitoring/heartbeats.ts deleteHeartbeats
delete
from uptime
where last_seen_at < ? and last_seen_at < (select max(last_seen_at)
from uptime)
returning process;

-- monitoring/heartbeats.ts readActivePeriods
select process, receives, started_at, last_seen_at, stopped_at
from uptime
where last_seen_at >= coalesce((select max(last_seen_at)
from uptime
where last_seen_at < ?), '')
order by started_at;

-- monitoring/heartbeats.ts recordHeartbeat
insert into uptime (process, receives, started_at, last_seen_at)
values (?, …)
on conflict (process) do update
set last_seen_at = excluded.last_seen_at, stopped_at = null;

-- monitoring/heartbeats.ts recordStop
update uptime
set last_seen_at = ?, stopped_at = ?
where process = ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and 1 = 1
union all select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from resolved_alerts
where 1 = 1) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and 1 = 1) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and code = ?
union all select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from resolved_alerts
where code = ?) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and code = ? and connection = ? and connection in (?, …)) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and code = ? and connection = ?) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and code = ?) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and connection = ?
union all select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from resolved_alerts
where connection = ?) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and connection = ?) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from alerts
where closed_at is null and connection in (?, …)) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-alerts.ts listAlerts
select *
from (select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until
from resolved_alerts
where 1 = 1) as listed
order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key
limit ? offset ?;

-- monitoring/list-responses.ts hasRejectedCredentials
select 1 as found
from refusals
where connection = ? and at >= ? and credential is not null
limit 1;

-- monitoring/list-responses.ts listRejections
select seq, at, address, status, code, reason, credential
from refusals
where connection = ? and (status in (n, …) or reason is not null)
order by seq desc
limit ?;

-- monitoring/list-responses.ts listResponsesByHour
select substr(minute, 1, 13) as hour, status, sum(count) as count
from answers
where connection = ? and minute >= ?
group by substr(minute, 1, 13), status
order by 1, 2;

-- monitoring/list-responses.ts listResponsesByHour
select substr(minute, 1, 13) as hour, status, sum(count) as count
from answers
where minute >= ?
group by substr(minute, 1, 13), status
order by 1, 2;

-- monitoring/read-counters.ts readDeadCounters
select connection, state as kind, count(*) as count
from deliveries
where state = 'dead'
group by connection, state;

-- monitoring/read-counters.ts readGapCounters
select connection, cause as kind, count(*) as count
from gaps
group by connection, cause
order by 1, 2;

-- monitoring/read-counters.ts readTimeCounters
select connection, reason as kind, count
from collisions
order by 1, 2;

-- monitoring/read-failures.ts readDeadDeliveries
select found.connection, found.count, d.id, d.event_type, d.subject, d.error
from (select connection, count(*) as count, (select n.seq
from deliveries n
where n.state = 'dead' and n.connection = deliveries.connection
order by n.finished_at desc, n.seq desc
limit 1) as newest
from deliveries
where state = 'dead'
group by connection) as found
join deliveries d on d.seq = found.newest;

-- monitoring/read-failures.ts readDeadDeliveries
select found.connection, found.count, d.id, d.event_type, d.subject, d.error
from (select connection, count(*) as count, (select n.seq
from deliveries n
where n.state = 'dead' and n.connection = deliveries.connection
order by n.finished_at desc, n.seq desc
limit 1) as newest
from deliveries
where state = 'dead' and connection = ?
group by connection) as found
join deliveries d on d.seq = found.newest;

-- monitoring/read-failures.ts readFailedDocuments
select found.connection, found.count, d.id, d.announced, d.filename, d.state, d.error
from (select connection, count(*) as count, (select n.id
from documents n
where state not in ('stored', 'empty') and state <> 'announced' and superseded_by is null and removed_at is null and n.connection = documents.connection
order by n.announced_at desc, n.seq desc
limit 1) as newest
from documents
where state not in ('stored', 'empty') and state <> 'announced' and superseded_by is null and removed_at is null
group by connection) as found
join documents d on d.id = found.newest;

-- monitoring/read-failures.ts readFailedDocuments
select found.connection, found.count, d.id, d.announced, d.filename, d.state, d.error
from (select connection, count(*) as count, (select n.id
from documents n
where state not in ('stored', 'empty') and state <> 'announced' and superseded_by is null and removed_at is null and n.connection = documents.connection
order by n.announced_at desc, n.seq desc
limit 1) as newest
from documents
where state not in ('stored', 'empty') and state <> 'announced' and superseded_by is null and removed_at is null and connection = ?
group by connection) as found
join documents d on d.id = found.newest;

-- monitoring/read-health.ts readAround
select (select max(minute)
from answers
where connection = ? and minute <= ? and status < 300) as before, (select min(minute)
from answers
where connection = ? and minute > ? and status < 300) as after;

-- monitoring/read-health.ts readArrivals
select received_at as at
from deliveries
where connection = ?
order by seq desc
limit ?;

-- monitoring/read-health.ts readBacklog
select count(*) as count, min(received_at) as oldest
from deliveries
where connection = ? and finished_at is null;

-- monitoring/read-health.ts readCredentialsInUse
select credential, max(received_at) as last_used_at, count(*) as uses
from (select credential, received_at
from deliveries
where connection = ?
order by seq desc
limit 1000) as latest
where credential is not null
group by credential
order by 2 desc, 1;

-- monitoring/read-health.ts readJourneys
select c.platform_at as "platformAt", c.received_at as "receivedAt", c.at as "appliedAt", (select r.at
from consumer_reads r
where r.position >= c.seq
order by r.position
limit 1) as "pulledAt", (select min(b.at)
from receipts b
where b.change_seq = c.seq and b.status = 'booked') as "bookedAt"
from (select seq, platform_at, received_at, at
from changes
where connection = ? and received_at is not null
order by seq desc
limit 1000) as c
where c.at >= ?;

-- monitoring/read-health.ts readLastDeliveryAt
select received_at as at
from deliveries
where connection = ?
order by seq desc
limit 1;

-- monitoring/read-health.ts readLastSuccessAt
select finished_at as at
from deliveries
where connection = ? and state in ('done', 'ignored')
order by seq desc
limit 1;

-- monitoring/read-health.ts readRecentTimes
select "receivedAt", "appliedAt"
from (select received_at as "receivedAt", at as "appliedAt"
from changes
where connection = ? and received_at is not null
order by seq desc
limit ?) as latest
where "appliedAt" >= ?;

-- monitoring/read-health.ts readRecentTimes
select "receivedAt", "appliedAt"
from (select received_at as "receivedAt", at as "appliedAt"
from changes
where received_at is not null
order by seq desc
limit ?) as latest
where "appliedAt" >= ?;

-- monitoring/read-invariants.ts findAbandoned
select id
from deliveries
where state = 'working' and lease_until < ?
limit 100;

-- monitoring/read-invariants.ts findHoles
select c.seq
from changes c
where c.seq > ? and c.seq <= ? and c.version > 1 and not exists (select 1
from changes p
where p.entity_id = c.entity_id and p.version = c.version - 1)
order by c.seq
limit 100;

-- monitoring/read-invariants.ts findHoles
select c.seq
from changes c
where c.seq > ? and c.seq <= ? and c.version > 1 and not exists (select 1
from changes p
where p.entity_id = c.entity_id and p.version = c.version - 1) and exists (select 1
from changes o
where o.entity_id = c.entity_id and o.version < c.version - 1)
order by c.seq
limit 100;

-- monitoring/read-invariants.ts findOverdue
select d.id, d.seq, d.connection
from (select id, seq, connection, subject
from deliveries
where state = 'pending' and next_attempt_at < ?
order by seq
limit 200) as d
where (select 1
from deliveries e
where e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working') and e.seq < d.seq
limit 1) is null
order by d.seq;

-- monitoring/read-invariants.ts findUnreported
select e.id
from entities e
where e.seq > ? and e.seq <= ? and e.updated_at >= ? and e.version <> coalesce((select max(c.version)
from changes c
where c.entity_id = e.id), 0)
order by e.seq
limit 100;

-- monitoring/read-invariants.ts isBeingWorked
select 1 as busy
where exists (select 1
from deliveries
where connection = ? and state = 'working') or exists (select 1
from deliveries
where connection = ? and seq > ? and seq < ? and finished_at >= ?);

-- monitoring/read-invariants.ts readReach
select coalesce((select max(seq)
from entities), 0) as entities, coalesce((select max(seq)
from changes), 0) as changes, (select min(seq)
from changes) as first, (select at
from changes
order by seq
limit 1) as at;

-- monitoring/read-latency.ts readApplied
select seq, connection, platform_at, received_at, at
from changes
where seq > ?
order by seq
limit ?;

-- monitoring/read-latency.ts readBooked
select b.change_seq as seq, c.connection, b.at as booked_at, (select r.at
from consumer_reads r
where r.position >= c.seq
order by r.position
limit 1) as pulled_at
from consumers n
join receipts b on b.consumer = n.name and b.change_seq > ?
join changes c on c.seq = b.change_seq
where b.status = 'booked' and c.received_at is not null
order by b.change_seq
limit ?;

-- monitoring/read-latency.ts readMarksAt
select seq
from changes
where at < ?
order by at desc
limit 1;

-- monitoring/read-latency.ts readPulled
select c.seq, c.connection, c.at, (select r.at
from consumer_reads r
where r.position >= c.seq
order by r.position
limit 1) as pulled_at
from changes c
where c.seq > ? and c.received_at is not null and c.seq <= (select coalesce(max(position), 0)
from consumer_reads)
order by c.seq
limit ?;

-- monitoring/read-trouble.ts readProblems
select connection, count(*) as count
from deliveries
where state = 'dead' and received_at >= ? and 1 = 1
group by connection;

-- monitoring/read-trouble.ts readProblems
select connection, count(*) as count
from deliveries
where state = 'dead' and received_at >= ? and connection in (?, …)
group by connection;

-- monitoring/read-trouble.ts readProblems
select connection, count(*) as count
from documents
where state not in ('stored', 'empty') and superseded_by is null and removed_at is null and announced_at >= ? and 1 = 1
group by connection;

-- monitoring/read-trouble.ts readProblems
select connection, count(*) as count
from documents
where state not in ('stored', 'empty') and superseded_by is null and removed_at is null and announced_at >= ? and connection in (?, …)
group by connection;

-- monitoring/read-trouble.ts readProblems
select connection, count(*) as count
from gaps
where at >= ? and 1 = 1
group by connection;

-- monitoring/read-trouble.ts readProblems
select connection, count(*) as count
from gaps
where at >= ? and connection in (?, …)
group by connection;

-- monitoring/registrations.ts readRegistrations
select registered, checked_at
from registrations
where connection = ?;

-- monitoring/registrations.ts upsertRegistrations
insert into registrations (connection, registered, checked_at)
values (?, …)
on conflict (connection) do update
set registered = excluded.registered, checked_at = excluded.checked_at;

-- monitoring/responses.ts addResponses
insert into answers (connection, minute, status, count) select rows.connection, rows.minute, rows.status, rows.count
from (select json_extract(value, '$.connection') as "connection", json_extract(value, '$.minute') as "minute", json_extract(value, '$.status') as "status", json_extract(value, '$.count') as "count"
from jsonb_each(?)) as rows
where true
on conflict (connection, minute, status) do update
set count = answers.count + excluded.count;

-- monitoring/responses.ts addStreak
insert into answer_streaks (connection, failures, first_failed_at, last_failed_at, last_succeeded_at)
values (?, …)
on conflict (connection) do update
set failures = case when excluded.last_succeeded_at is null then answer_streaks.failures else 0 end + excluded.failures, first_failed_at = case when excluded.last_succeeded_at is null then coalesce(answer_streaks.first_failed_at, excluded.first_failed_at) else excluded.first_failed_at end, last_failed_at = coalesce(excluded.last_failed_at, answer_streaks.last_failed_at), last_succeeded_at = coalesce(excluded.last_succeeded_at, answer_streaks.last_succeeded_at);

-- monitoring/responses.ts insertRejections
insert into refusals (connection, at, status, code, address, reason, credential) select rows.connection, rows.at, rows.status, rows.code, rows.address, rows.reason, rows.credential
from (select json_extract(value, '$.connection') as "connection", json_extract(value, '$.at') as "at", json_extract(value, '$.status') as "status", json_extract(value, '$.code') as "code", json_extract(value, '$.address') as "address", json_extract(value, '$.reason') as "reason", json_extract(value, '$.credential') as "credential"
from jsonb_each(?)) as rows
where true;

-- monitoring/responses.ts readResponses
select status, sum(count) as count
from answers
where connection = ? and minute >= ?
group by status
order by status;

-- monitoring/responses.ts readStreak
select failures, first_failed_at as "firstFailedAt", last_failed_at as "lastFailedAt", last_succeeded_at as "lastSucceededAt"
from answer_streaks
where connection = ?;
