-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- deliveries/claim.ts claimCompanions
update deliveries
set state = 'working', worker = ?, lease_until = ?, started_at = coalesce(started_at, ?), dedupe_key = case when mergeable then dedupe_key || '#' || id else dedupe_key end, mergeable = ?
where state = 'pending' and notification and replay is null and seq in ( select d.seq
from json_to_recordset(?::json) as rows("subject" text)
cross join deliveries d
where hashtextextended(d.subject, 0) = hashtextextended(rows.subject, 0) and d.subject = rows.subject and d.connection = ? and d.state = 'pending' and d.notification)
returning deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay;

-- deliveries/claim.ts claimDeliveries
update deliveries
set state = 'working', worker = ?, lease_until = ?, started_at = coalesce(started_at, ?), dedupe_key = case when mergeable then dedupe_key || '#' || id else dedupe_key end, mergeable = ?
where state = 'pending' and id in ( select d.id
from deliveries d
where d.state = 'pending' and d.notification and d.next_attempt_at <= ? and d.connection = ? and (select 1
from deliveries e
where hashtextextended(e.subject, 0) = hashtextextended(d.subject, 0) and e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working') and e.id <> d.id and (e.seq < d.seq or e.state = 'working')
limit 1) is null
order by d.next_attempt_at, d.seq
limit ?)
returning deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay;

-- deliveries/claim.ts claimDeliveries
update deliveries
set state = 'working', worker = ?, lease_until = ?, started_at = coalesce(started_at, ?), dedupe_key = case when mergeable then dedupe_key || '#' || id else dedupe_key end, mergeable = ?
where state = 'pending' and id in ( select d.id
from deliveries d
where d.state = 'pending' and not d.notification and d.next_attempt_at <= ? and (select 1
from deliveries e
where hashtextextended(e.subject, 0) = hashtextextended(d.subject, 0) and e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working') and e.id <> d.id and (e.seq < d.seq or e.state = 'working')
limit 1) is null
order by d.next_attempt_at, d.seq
limit ?)
returning deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay;

-- deliveries/claim.ts claimDeliveries
update deliveries
set state = 'working', worker = ?, lease_until = ?, started_at = coalesce(started_at, ?), dedupe_key = case when mergeable then dedupe_key || '#' || id else dedupe_key end, mergeable = ?
where state = 'pending' and id in ( select d.id
from deliveries d
where d.state = 'pending' and not d.notification and d.next_attempt_at <= ? and d.seq = ? and (select 1
from deliveries e
where hashtextextended(e.subject, 0) = hashtextextended(d.subject, 0) and e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working') and e.id <> d.id and (e.seq < d.seq or e.state = 'working')
limit 1) is null
order by d.next_attempt_at, d.seq
limit ?)
returning deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay;

-- deliveries/claim.ts takeDeliveries
with due as ( select d.*
from deliveries d
where d.state = 'pending' and not d.notification and d.next_attempt_at <= ? and (select 1
from deliveries e
where hashtextextended(e.subject, 0) = hashtextextended(d.subject, 0) and e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working') and e.id <> d.id and (e.seq < d.seq or e.state = 'working')
limit 1) is null
order by d.next_attempt_at, d.seq
limit ? for update of d skip locked), sized as ( select due.*, sum(case when c.body_bytes <= 131072 then c.body_bytes else 0 end) over (order by due.seq) as bytes
from due
left join delivery_contents c on c.seq = due.seq) select sized.seq, sized.id, sized.connection, sized.platform, sized.state, sized.method, sized.path, sized.content_type, sized.event_type, sized.event_id, sized.subject, sized.notification, sized.received_at, sized.finished_at, sized.duplicates, sized.conflict, sized.attempts, sized.tries, sized.error, sized.next_attempt_at, sized.replay, c.body_bytes, case when c.body_bytes <= 131072 then c.packed end as packed
from sized
left join delivery_contents c on c.seq = sized.seq
where sized.bytes <= ?
order by sized.seq;

-- deliveries/claim.ts takeDeliveries
with due as ( select d.*
from deliveries d
where d.state = 'pending' and not d.notification and d.next_attempt_at <= ? and (select 1
from deliveries e
where hashtextextended(e.subject, 0) = hashtextextended(d.subject, 0) and e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working') and e.id <> d.id and (e.seq < d.seq or e.state = 'working')
limit 1) is null and d.seq in (n, …)
order by d.next_attempt_at, d.seq
limit ? for update of d skip locked), sized as ( select due.*, sum(case when c.body_bytes <= 131072 then c.body_bytes else 0 end) over (order by due.seq) as bytes
from due
left join delivery_contents c on c.seq = due.seq) select sized.seq, sized.id, sized.connection, sized.platform, sized.state, sized.method, sized.path, sized.content_type, sized.event_type, sized.event_id, sized.subject, sized.notification, sized.received_at, sized.finished_at, sized.duplicates, sized.conflict, sized.attempts, sized.tries, sized.error, sized.next_attempt_at, sized.replay, c.body_bytes, case when c.body_bytes <= 131072 then c.packed end as packed
from sized
left join delivery_contents c on c.seq = sized.seq
where sized.bytes <= ?
order by sized.seq;

-- deliveries/claim.ts takeDeliveries
with due as ( select d.*
from deliveries d
where d.state = 'pending' and not d.notification and d.next_attempt_at <= ? and (select 1
from deliveries e
where hashtextextended(e.subject, 0) = hashtextextended(d.subject, 0) and e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working') and e.id <> d.id and (e.seq < d.seq or e.state = 'working')
limit 1) is null and not d.seq in (n, …)
order by d.next_attempt_at, d.seq
limit ? for update of d skip locked), sized as ( select due.*, sum(case when c.body_bytes <= 131072 then c.body_bytes else 0 end) over (order by due.seq) as bytes
from due
left join delivery_contents c on c.seq = due.seq) select sized.seq, sized.id, sized.connection, sized.platform, sized.state, sized.method, sized.path, sized.content_type, sized.event_type, sized.event_id, sized.subject, sized.notification, sized.received_at, sized.finished_at, sized.duplicates, sized.conflict, sized.attempts, sized.tries, sized.error, sized.next_attempt_at, sized.replay, c.body_bytes, case when c.body_bytes <= 131072 then c.packed end as packed
from sized
left join delivery_contents c on c.seq = sized.seq
where sized.bytes <= ?
order by sized.seq;

-- deliveries/claim.ts withContents
select c.seq, c.body_bytes, case when c.body_bytes <= 131072 then c.packed end as packed
from json_to_recordset(?::json) as rows("seq" bigint)
cross join delivery_contents c
where c.seq = rows.seq;

-- deliveries/complete.ts completeDeliveries
update deliveries
set state = rows.state, finished_at = rows.finished_at, next_attempt_at = rows.next_attempt_at, error = rows.error, attempts = rows.attempts, tries = rows.tries, notification = rows.notification, replay = rows.replay, worker = null, lease_until = null
from json_to_recordset(?::json) as rows("seq" bigint, "state" text, "finished_at" text, "next_attempt_at" text, "error" text, "attempts" text, "tries" bigint, "notification" boolean, "replay" text)
where deliveries.seq = rows.seq and deliveries.state = 'pending' and not deliveries.notification
returning 1 as done;

-- deliveries/complete.ts completeDeliveries
update deliveries
set state = rows.state, finished_at = rows.finished_at, next_attempt_at = rows.next_attempt_at, error = rows.error, attempts = rows.attempts, tries = rows.tries, notification = rows.notification, replay = rows.replay, worker = null, lease_until = null
from json_to_recordset(?::json) as rows("seq" bigint, "state" text, "finished_at" text, "next_attempt_at" text, "error" text, "attempts" text, "tries" bigint, "notification" boolean, "replay" text)
where deliveries.seq = rows.seq and deliveries.state = 'working' and deliveries.worker = ?
returning 1 as done;

-- deliveries/complete.ts keepRecorded
update delivery_contents
set recorded = substring(?::bytea
from rows.at::int for rows.bytes::int)
from json_to_recordset(?::json) as rows("seq" bigint, "at" bigint, "bytes" bigint)
where delivery_contents.seq = rows.seq;

-- deliveries/contents.ts readContents
select packed
from delivery_contents
where seq = ?;

-- deliveries/contents.ts readRecorded
select recorded
from delivery_contents
where seq = ?;

-- deliveries/due.ts connectionsToFetch
select distinct connection
from deliveries
where state = 'pending' and notification and next_attempt_at <= ?;

-- deliveries/due.ts countBacklog
select count(*) as count
from deliveries
where state = 'pending';

-- deliveries/due.ts readNextDueAt
select min(at) as at
from ( select min(next_attempt_at) as at
from deliveries
where state = 'pending' and not notification and next_attempt_at > ?
union all select min(next_attempt_at) as at
from deliveries
where state = 'pending' and notification and next_attempt_at > ?) as due;

-- deliveries/due.ts waitingEventTypes
select event_type
from deliveries
where hashtextextended(subject, 0) = hashtextextended(?, 0) and subject = ? and connection = ? and seq > ? and state in ('pending', 'working') and event_type is not null;

-- deliveries/find-text.ts findWithText
select deliveries.seq as seq, c.body_bytes, case when c.body_bytes <= 131072 then c.packed end as packed
from deliveries
join delivery_contents c on c.seq = deliveries.seq
where 1 = 1 and deliveries.seq >= ? and deliveries.seq < ?
order by deliveries.seq desc
limit 50;

-- deliveries/insert.ts countRepeats
update deliveries
set conflict = ?
where id = ?;

-- deliveries/insert.ts countRepeats
update deliveries
set duplicates = duplicates + ?
where id = ?;

-- deliveries/insert.ts findKnown
select d.id, d.connection, d.dedupe_key, d.body_sha256, d.method, d.subject
from json_to_recordset(?::json) as rows("connection" text, "dedupe_key" text)
cross join deliveries d
where d.connection = rows.connection and d.dedupe_key = rows.dedupe_key;

-- deliveries/insert.ts insertNew
with new as (insert into deliveries (id, connection, platform, dedupe_key, state, method, path, event_type, event_id, subject, notification, mergeable, received_at, credential, content_type, body_sha256, error, conflict, next_attempt_at, finished_at) select rows.id, rows.connection, rows.platform, rows.dedupe_key, rows.state, rows.method, rows.path, rows.event_type, rows.event_id, rows.subject, rows.notification, rows.mergeable, rows.received_at, rows.credential, rows.content_type, rows.body_sha256, rows.error, rows.conflict, rows.received_at, case when rows.state = 'dead' then rows.received_at end
from json_to_recordset(?::json) as rows("id" text, "connection" text, "platform" text, "dedupe_key" text, "state" text, "method" text, "path" text, "event_type" text, "event_id" text, "subject" text, "notification" boolean, "mergeable" boolean, "received_at" text, "credential" text, "content_type" text, "body_sha256" text, "error" text, "conflict" boolean)
where true
on conflict (connection, dedupe_key) do nothing
returning id, seq), kept as (insert into delivery_contents (seq, body_bytes, packed) select new.seq, rows.body_bytes, substring(?::bytea
from rows.at::int for rows.bytes::int)
from json_to_recordset(?::json) as rows("id" text, "body_bytes" bigint, "at" bigint, "bytes" bigint)
cross join new
where new.id = rows.id) select id
from new;

-- deliveries/insert.ts sameContent
select c.packed
from deliveries d
join delivery_contents c on c.seq = d.seq
where d.id = ? and c.body_bytes <= 1048576;

-- deliveries/leases.ts bringForward
update deliveries
set next_attempt_at = ?
where state = 'pending' and next_attempt_at > ? and (received_at > ? or next_attempt_at > ?)
returning id;

-- deliveries/leases.ts reclaimDeliveries
select distinct worker
from deliveries
where state = 'working' and worker is not null;

-- deliveries/leases.ts reclaimDeliveries
update deliveries
set state = 'pending', worker = null, lease_until = null
where state = 'working' and (lease_until < ? or worker in (select rows.worker
from json_to_recordset(?::json) as rows("worker" text)))
returning id;

-- deliveries/list-causes.ts listFailures
select connection, state, error, count(*) as count, min(received_at) as first_at, max(received_at) as last_at, max(id) as sample_id
from (select connection, state, error, received_at, id
from deliveries
where state = 'dead' and (error || '') is not null and (connection || '') = ?
union all select connection, state, error, received_at, id
from deliveries
where state = 'pending' and (error || '') is not null and (connection || '') = ?) as failures
group by connection, state, error
order by count(*) desc, 1, 3
limit ?;

-- deliveries/list-causes.ts listFailures
select connection, state, error, count(*) as count, min(received_at) as first_at, max(received_at) as last_at, max(id) as sample_id
from (select connection, state, error, received_at, id
from deliveries
where state = 'dead' and (error || '') is not null and (connection || '') in (?, …)
union all select connection, state, error, received_at, id
from deliveries
where state = 'pending' and (error || '') is not null and (connection || '') in (?, …)) as failures
group by connection, state, error
order by count(*) desc, 1, 3
limit ?;

-- deliveries/list-causes.ts listFailures
select connection, state, error, count(*) as count, min(received_at) as first_at, max(received_at) as last_at, max(id) as sample_id
from (select connection, state, error, received_at, id
from deliveries
where state = 'dead' and (error || '') is not null and 1 = 1
union all select connection, state, error, received_at, id
from deliveries
where state = 'pending' and (error || '') is not null and 1 = 1) as failures
group by connection, state, error
order by count(*) desc, 1, 3
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where connection = ? and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where connection = ? and error is not null and lower(error) like lower(?) escape '!' and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where connection in (?, …) and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where deliveries.seq in (select seq
from deliveries
where hashtextextended(subject, 0) = hashtextextended(?, 0) and subject = ? and finished_at is not null
union all select seq
from deliveries
where hashtextextended(subject, 0) = hashtextextended(?, 0) and subject = ? and state in ('pending', 'working')) and received_at >= ? and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where error is not null and lower(error) like lower(?) escape '!' and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where lower(event_type) like lower(?) escape '!' and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where received_at >= ? and received_at < ? and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts listDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where state = ? and deliveries.seq > ? and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts readDeliveries
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where id in (?, …);

-- deliveries/list.ts readDelivery
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at, packed
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
left join delivery_contents on delivery_contents.seq = deliveries.seq
where id = ? and connection in (?, …);

-- deliveries/list.ts readDelivery
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at, packed
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
left join delivery_contents on delivery_contents.seq = deliveries.seq
where id = ?;

-- deliveries/list.ts readTextFloor
select max(seq) as seq
from deliveries;

-- deliveries/list.ts selectNewestFirst
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where 1 = 0
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts selectNewestFirst
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where 1 = 1
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts selectNewestFirst
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where 1 = 1 and deliveries.seq <= ?
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts selectNewestFirst
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, dismissed_by, note, dismissed_at
from deliveries
left join dismissals on dismissals.delivery_id = deliveries.id
where deliveries.seq in (?, …)
order by deliveries.seq desc
limit ?;

-- deliveries/list.ts selectNewestFirst
select max(seq) as seq
from deliveries;

-- deliveries/release.ts releaseDeliveries
update deliveries
set next_attempt_at = ?
where state = 'pending' and next_attempt_at > ? and (error like 'circuit_open:%' or error like 'platform_refuses_us:%')
returning id;

-- deliveries/release.ts releaseDeliveries
update deliveries
set next_attempt_at = ?
where state = 'pending' and next_attempt_at > ? and connection = ? and (error like 'circuit_open:%' or error like 'platform_refuses_us:%')
returning id;

-- deliveries/requeue.ts countReplayable
select count(*) as count
from deliveries
where state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq) and id in (?, …);

-- deliveries/requeue.ts countReplayable
select count(*) as count
from deliveries
where state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq);

-- deliveries/requeue.ts dismiss
insert into dismissals (delivery_id, dismissed_by, note, dismissed_at) select rows.id, ?, …
from json_to_recordset(?::json) as rows("id" text)
where true
on conflict (delivery_id) do update
set dismissed_by = excluded.dismissed_by, note = excluded.note, dismissed_at = excluded.dismissed_at;

-- deliveries/requeue.ts dismiss
update deliveries
set state = 'handled'
where state = 'dead' and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state = 'dead'
order by seq
limit ?)
returning seq, id;

-- deliveries/requeue.ts dismiss
update deliveries
set state = 'handled'
where state = 'dead' and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state = 'dead' and connection = ?
order by seq
limit ?)
returning seq, id;

-- deliveries/requeue.ts dismiss
update deliveries
set state = 'handled'
where state = 'dead' and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state = 'dead' and id in (?, …)
order by seq
limit ?)
returning seq, id;

-- deliveries/requeue.ts isEmptied
select 1 as emptied
from deliveries
where id = ? and not exists (select 1
from delivery_contents c
where c.seq = deliveries.seq);

-- deliveries/requeue.ts makeDue
update deliveries
set next_attempt_at = ?
where state = 'pending' and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state = 'pending'
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts makeDue
update deliveries
set next_attempt_at = ?
where state = 'pending' and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state = 'pending' and connection = ?
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts makeDue
update deliveries
set next_attempt_at = ?
where state = 'pending' and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state = 'pending' and connection = ? and error is not null and lower(error) like lower(?) escape '!'
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts makeDue
update deliveries
set next_attempt_at = ?
where state = 'pending' and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state = 'pending' and id in (?, …)
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts readLastPosition
select max(seq) as seq
from deliveries;

-- deliveries/requeue.ts readReplayable
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, c.packed, c.recorded
from deliveries
join delivery_contents c on c.seq = deliveries.seq
where deliveries.seq > ? and deliveries.seq <= ? and state in ('done', 'ignored', 'dead', 'handled')
order by deliveries.seq
limit ?;

-- deliveries/requeue.ts readReplayable
select deliveries.seq, deliveries.id, deliveries.connection, deliveries.platform, deliveries.state, deliveries.method, deliveries.path, deliveries.content_type, deliveries.event_type, deliveries.event_id, deliveries.subject, deliveries.notification, deliveries.received_at, deliveries.finished_at, deliveries.duplicates, deliveries.conflict, deliveries.attempts, deliveries.tries, deliveries.error, deliveries.next_attempt_at, deliveries.replay, c.packed, c.recorded
from deliveries
join delivery_contents c on c.seq = deliveries.seq
where deliveries.seq > ? and deliveries.seq <= ? and state in ('done', 'ignored', 'dead', 'handled') and id in (?, …)
order by deliveries.seq
limit ?;

-- deliveries/requeue.ts requeue
update deliveries
set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
where state in ('done', 'ignored', 'dead', 'handled') and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq)
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts requeue
update deliveries
set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
where state in ('done', 'ignored', 'dead', 'handled') and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq) and connection = ?
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts requeue
update deliveries
set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
where state in ('done', 'ignored', 'dead', 'handled') and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq) and deliveries.seq in (select seq
from deliveries
where hashtextextended(subject, 0) = hashtextextended(?, 0) and subject = ? and finished_at is not null
union all select seq
from deliveries
where hashtextextended(subject, 0) = hashtextextended(?, 0) and subject = ? and state in ('pending', 'working')) and received_at < ?
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts requeue
update deliveries
set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
where state in ('done', 'ignored', 'dead', 'handled') and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq) and id in (?, …)
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts requeue
update deliveries
set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
where state in ('done', 'ignored', 'dead', 'handled') and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq) and received_at >= ?
order by seq
limit ?)
returning seq;

-- deliveries/requeue.ts requeue
update deliveries
set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
where state in ('done', 'ignored', 'dead', 'handled') and seq in ( select seq
from deliveries
where seq > ? and seq <= ? and state in ('done', 'ignored', 'dead', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq) and state = ?
order by seq
limit ?)
returning seq;
