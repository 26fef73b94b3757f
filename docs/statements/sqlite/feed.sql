-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- feed/append.ts appendChanges
insert into changes (seq, change_id, at, connection, kind, action, entity_id, external_id, version, lines, diff, diff_bytes, state, cause_type, cause_id, event_type, platform_at, received_at) select (select position
from feed_head
where id = 1) - n + rows.ordinal, rows.change_id, rows.at, rows.connection, rows.kind, rows.action, rows.entity_id, rows.external_id, rows.version, rows.lines, rows.diff, rows.diff_bytes, rows.state, rows.cause_type, rows.cause_id, rows.event_type, rows.platform_at, rows.received_at
from (select json_extract(value, '$.ordinal') as "ordinal", json_extract(value, '$.change_id') as "change_id", json_extract(value, '$.at') as "at", json_extract(value, '$.connection') as "connection", json_extract(value, '$.kind') as "kind", json_extract(value, '$.action') as "action", json_extract(value, '$.entity_id') as "entity_id", json_extract(value, '$.external_id') as "external_id", json_extract(value, '$.version') as "version", json_extract(value, '$.lines') as "lines", json_extract(value, '$.diff') as "diff", json_extract(value, '$.diff_bytes') as "diff_bytes", json_extract(value, '$.state') as "state", json_extract(value, '$.cause_type') as "cause_type", json_extract(value, '$.cause_id') as "cause_id", json_extract(value, '$.event_type') as "event_type", json_extract(value, '$.platform_at') as "platform_at", json_extract(value, '$.received_at') as "received_at"
from jsonb_each(?)) as rows
where true;

-- feed/append.ts appendChanges
update changes
set diff = ?, state = ?
where entity_id = ? and version = ?;

-- feed/append.ts appendChanges
update feed_head
set position = position + ?
where id = 1
returning position;

-- feed/consumers.ts deleteConsumer
delete
from consumer_acks
where consumer = ?;

-- feed/consumers.ts deleteConsumer
delete
from consumer_notices
where consumer = ?;

-- feed/consumers.ts deleteConsumer
delete
from consumer_reads
where consumer = ?;

-- feed/consumers.ts deleteConsumer
delete
from consumers
where name = ?
returning name;

-- feed/consumers.ts deleteConsumer
delete
from receipts
where consumer = ?;

-- feed/consumers.ts insertAck
insert into consumer_acks (consumer, position, after_position, at)
values (?, …)
on conflict do nothing;

-- feed/consumers.ts insertConsumer
insert into consumers (name, position, cursor, start_position, filter, alert_after_seconds, notify_url, notify_secret, created_at)
values (?, …)
on conflict do nothing
returning name;

-- feed/consumers.ts moveConsumer
update consumers
set position = ?, cursor = ?, last_ack_at = ?, start_position = case when start_position > ? then ? else start_position end
where name = ? and position = ?
returning name;

-- feed/consumers.ts recordConsumerRead
insert into consumer_reads (consumer, position, after_position, at)
values (?, …)
on conflict do nothing;

-- feed/consumers.ts recordConsumerRead
update consumers
set last_read_at = ?, last_read_cursor = case when last_read_position is null or last_read_position < ? then ? else last_read_cursor end, last_read_position = case when last_read_position is null or last_read_position < ? then ? else last_read_position end
where name = ?;

-- feed/consumers.ts skipEntries
update consumers
set position = ?, cursor = ?
where name = ? and position = ?;

-- feed/consumers.ts updateConsumer
delete
from consumer_notices
where consumer = ?;

-- feed/consumers.ts updateConsumer
update consumers
set filter = ?, alert_after_seconds = ?, notify_url = ?, notify_secret = case when cast(? as text) is null then null else coalesce(cast(? as text), notify_secret) end
where name = ?;

-- feed/list-consumers.ts listConsumers
select name, position, cursor, filter, start_position, created_at, last_read_at, last_read_position, last_read_cursor, last_ack_at, alert_after_seconds, notify_url
from consumers
where 1 = 1
order by name
limit ?;

-- feed/list-consumers.ts listConsumers
select name, position, cursor, filter, start_position, created_at, last_read_at, last_read_position, last_read_cursor, last_ack_at, alert_after_seconds, notify_url
from consumers
where name in (?, …)
order by name
limit ?;

-- feed/list-consumers.ts readConsumer
select name, position, cursor, filter, start_position, created_at, last_read_at, last_read_position, last_read_cursor, last_ack_at, alert_after_seconds, notify_url
from consumers
where name = ? and name in (?, …);

-- feed/list-consumers.ts readConsumer
select name, position, cursor, filter, start_position, created_at, last_read_at, last_read_position, last_read_cursor, last_ack_at, alert_after_seconds, notify_url
from consumers
where name = ?;

-- feed/list-receipts.ts listReceipts
select c.seq, c.change_id as "changeId", r.status, r.reference, r.reason, r.at, c.connection, c.kind, c.entity_id as id, c.external_id as "externalId", c.version
from receipts r
join changes c on c.seq = r.change_seq
where r.consumer = ? and r.change_seq > ?
order by r.change_seq
limit ?;

-- feed/list-receipts.ts listReceipts
select c.seq, c.change_id as "changeId", r.status, r.reference, r.reason, r.at, c.connection, c.kind, c.entity_id as id, c.external_id as "externalId", c.version
from receipts r
join changes c on c.seq = r.change_seq
where r.consumer = ? and r.change_seq > ? and c.connection in (?, …)
order by r.change_seq
limit ?;

-- feed/list-receipts.ts listReceipts
select c.seq, c.change_id as "changeId", r.status, r.reference, r.reason, r.at, c.connection, c.kind, c.entity_id as id, c.external_id as "externalId", c.version
from receipts r
join changes c on c.seq = r.change_seq
where r.consumer = ? and r.status = ? and r.change_seq > ?
order by r.change_seq
limit ?;

-- feed/notices.ts claimNotice
insert into consumer_notices (consumer, next_attempt_at)
values (?, …)
on conflict (consumer) do update
set next_attempt_at = excluded.next_attempt_at
where consumer_notices.next_attempt_at <= ?
returning consumer;

-- feed/notices.ts readNotices
select c.name as consumer, c.notify_url as url, c.notify_secret as secret, n.notified_position, n.notified_at, n.next_attempt_at, n.failing_since, n.failures
from consumers c
left join consumer_notices n on n.consumer = c.name
where c.notify_url is not null
order by c.name;

-- feed/notices.ts recordNotNotified
update consumer_notices
set failing_since = coalesce(failing_since, ?), failures = failures + ?, next_attempt_at = ?
where consumer = ?;

-- feed/notices.ts recordNotified
update consumer_notices
set notified_position = ?, notified_at = ?, next_attempt_at = ?, failing_since = null, failures = 0
where consumer = ?;

-- feed/read-changes.ts countAfter
select count(*) as count
from (select 1
from changes
where changes.seq > ?
limit ?) as entries;

-- feed/read-changes.ts countAfter
select count(*) as count
from (select 1
from changes
where changes.seq > ? and changes.connection in (?, …)
limit ?) as entries;

-- feed/read-changes.ts countAfter
select count(*) as count
from (select 1
from changes
where changes.seq > ? and changes.kind in (?, …) and changes.connection in (?, …)
limit ?) as entries;

-- feed/read-changes.ts readCursorsByCause
select cause_id, seq, change_id
from changes
where cause_id in (?, …)
order by seq;

-- feed/read-changes.ts readFeedTexts
select *
from (select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq
limit ?) as branch0
union all select *
from (select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq
limit ?) as branch1
order by seq
limit ?;

-- feed/read-changes.ts readFeedTexts
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff
from changes
where changes.seq > ? and changes.seq <= ?
order by changes.seq
limit ?;

-- feed/read-changes.ts readFeedTexts
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff
from changes
where changes.seq > ? and changes.seq <= ? and changes.connection in (?, …)
order by changes.seq
limit ?;

-- feed/read-changes.ts readFeedTexts
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …)
order by changes.seq
limit ?;

-- feed/read-changes.ts readFeedTexts
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq
limit ?;

-- feed/read-changes.ts readFirstAfter
select seq, at
from changes
where changes.seq > ?
order by changes.seq
limit 1;

-- feed/read-changes.ts readFirstAfter
select seq, at
from changes
where changes.seq > ? and changes.connection in (?, …)
order by changes.seq
limit 1;

-- feed/read-changes.ts readFirstAfter
select seq, at
from changes
where changes.seq > ? and changes.connection in (?, …) and changes.connection in (?, …)
order by changes.seq
limit 1;

-- feed/read-changes.ts readFirstAfter
select seq, at
from changes
where changes.seq > ? and changes.kind in (?, …)
order by changes.seq
limit 1;

-- feed/read-changes.ts readFirstAfter
select seq, at
from changes
where changes.seq > ? and changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq
limit 1;

-- feed/read-changes.ts readOutstanding
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type, receipts.reference as receipt_reference, receipts.reason as receipt_reason, receipts.at as receipt_at
from changes
left join receipts on receipts.consumer = ? and receipts.change_seq = changes.seq
where changes.seq > ? and changes.seq <= ? and (receipts.status is null or receipts.status <> 'booked')
order by changes.seq
limit ?;

-- feed/read-changes.ts readOutstanding
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type, receipts.reference as receipt_reference, receipts.reason as receipt_reason, receipts.at as receipt_at
from changes
left join receipts on receipts.consumer = ? and receipts.change_seq = changes.seq
where changes.seq > ? and changes.seq <= ? and (receipts.status is null or receipts.status <> 'booked') and changes.connection in (?, …)
order by changes.seq
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where 1 = 1
order by changes.seq desc
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where cause_id = ?
order by changes.seq
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where changes.at <= ?
order by changes.seq desc
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq desc
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where changes.seq < ?
order by changes.seq desc
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where changes.seq > ? and changes.seq <= ?
order by changes.seq
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …)
order by changes.seq
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where entity_id = ? and seq > ?
order by version
limit ?;

-- feed/read-changes.ts select
select changes.seq, changes.change_id, changes.external_id, '","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action || '","id":"' || changes.entity_id || '","externalId":' || json_quote(changes.external_id) || ',"version":' || changes.version || ',"lines":' || changes.lines || ',"diff":' as before_diff, changes.diff, ',"cause":{"type":"' || changes.cause_type || '","id":' || json_quote(changes.cause_id) || ',"eventType":' || json_quote(changes.event_type) || '}}' as after_diff, changes.at, changes.connection, changes.kind, changes.action, changes.entity_id, changes.version, changes.lines, changes.cause_type, changes.cause_id, changes.event_type
from changes
where entity_id = ? and seq > ? and seq <= ?
order by version
limit ?;

-- feed/read-positions.ts readBefore
select seq, change_id
from changes
where seq < ?
order by seq desc
limit 1;

-- feed/read-positions.ts readPositions
select 'oldest' as what, seq, change_id
from feed_floor
union all select 'latest', seq, change_id
from (select seq, change_id
from changes
order by seq desc
limit 1) as newest
union all select 'asked', seq, change_id
from changes
where seq = ?;

-- feed/read-progress.ts readProgress
select rows.position as position, c.name as consumer, c.filter as filter, (select min(covering.at)
from (select t.at, t.after_position
from consumer_reads t
where t.consumer = c.name and t.position >= cast(rows.position as bigint)
order by t.position
limit 50) as covering
where covering.after_position < cast(rows.position as bigint)) as "readAt", (select min(covering.at)
from (select t.at, t.after_position
from consumer_acks t
where t.consumer = c.name and t.position >= cast(rows.position as bigint)
order by t.position
limit 50) as covering
where covering.after_position < cast(rows.position as bigint)) as "acknowledgedAt", r.status as status, r.reference as reference, r.reason as reason, r.at as "receiptAt"
from (select json_extract(value, '$.position') as "position"
from jsonb_each(?)) as rows
cross join consumers c
left join receipts r on r.consumer = c.name and r.change_seq = cast(rows.position as bigint)
where cast(rows.position as bigint) > c.start_position
order by c.name;

-- feed/read-progress.ts readProgress
select rows.position as position, c.name as consumer, c.filter as filter, (select min(covering.at)
from (select t.at, t.after_position
from consumer_reads t
where t.consumer = c.name and t.position >= cast(rows.position as bigint)
order by t.position
limit 50) as covering
where covering.after_position < cast(rows.position as bigint)) as "readAt", (select min(covering.at)
from (select t.at, t.after_position
from consumer_acks t
where t.consumer = c.name and t.position >= cast(rows.position as bigint)
order by t.position
limit 50) as covering
where covering.after_position < cast(rows.position as bigint)) as "acknowledgedAt", r.status as status, r.reference as reference, r.reason as reason, r.at as "receiptAt"
from (select json_extract(value, '$.position') as "position"
from jsonb_each(?)) as rows
cross join consumers c
left join receipts r on r.consumer = c.name and r.change_seq = cast(rows.position as bigint)
where cast(rows.position as bigint) > c.start_position and c.name in (?, …)
order by c.name;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select *
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq
limit ?) as branch0
union all select *
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq
limit ?) as branch1
order by seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) + 800 + (select (coalesce(octet_length(entities.lines), 0) + 650 * entities.line_count)
from entities
where entities.id = changes.entity_id) as bytes
from changes
where changes.seq > ? and changes.seq <= ?
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) + 800 + octet_length(changes.state) + 800 + (select (coalesce(octet_length(entities.lines), 0) + 650 * entities.line_count)
from entities
where entities.id = changes.entity_id) as bytes
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …)
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) + 800 + octet_length(changes.state) as bytes
from changes
where changes.seq > ? and changes.seq <= ?
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
left join receipts on receipts.consumer = ? and receipts.change_seq = changes.seq
where changes.seq > ? and changes.seq <= ? and (receipts.status is null or receipts.status <> 'booked')
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
left join receipts on receipts.consumer = ? and receipts.change_seq = changes.seq
where changes.seq > ? and changes.seq <= ? and (receipts.status is null or receipts.status <> 'booked') and changes.connection in (?, …)
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where changes.seq > ? and changes.seq <= ?
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where changes.seq > ? and changes.seq <= ? and changes.connection in (?, …)
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where changes.seq > ? and changes.seq <= ? and changes.connection in (?, …) and changes.connection in (?, …)
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …)
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where changes.seq > ? and changes.seq <= ? and changes.kind in (?, …) and changes.connection in (?, …)
order by changes.seq
limit ?) as found;

-- feed/read-sizes.ts selectSizes
select string_agg('[' || seq || ',"' || change_id || '",' || bytes || ']', ','
order by seq) as sizes
from (select changes.seq, changes.change_id, 600 + octet_length(changes.external_id) + octet_length(changes.lines) + coalesce(changes.diff_bytes, octet_length(changes.diff)) as bytes
from changes
where entity_id = ? and seq > ?
order by seq
limit ?) as found;

-- feed/read-states.ts readHeaderBefore
select external_id, state, diff, platform_at
from changes
where entity_id = ? and version < ? and substr(state, 1, 14) <> '{"header":null'
order by version desc
limit 1;

-- feed/read-states.ts readStateHistory
select version, at, external_id, state, diff, platform_at
from changes
where entity_id = ? and at <= ?
order by version;

-- feed/read-states.ts readStateHistory
select version, at, external_id, state, diff, platform_at
from changes
where entity_id = ? and seq <= ?
order by version;

-- feed/read-states.ts readStatesOf
select seq, external_id, state, diff, platform_at
from changes
where seq in (?, …);

-- feed/receipts.ts readChangeIds
select changes.seq as seq, changes.change_id as change_id
from (select json_extract(value, '$.position') as "position"
from jsonb_each(?)) as rows
cross join changes
where changes.seq = cast(rows.position as bigint) and 1 = 1;

-- feed/receipts.ts readChangeIds
select changes.seq as seq, changes.change_id as change_id
from (select json_extract(value, '$.position') as "position"
from jsonb_each(?)) as rows
cross join changes
where changes.seq = cast(rows.position as bigint) and changes.connection in (?, …);

-- feed/receipts.ts readRejected
select newest.consumer, newest.count, receipts.reason, changes.external_id as "externalId"
from (select c.name as consumer, count(*) as count, max(r.change_seq) as seq
from consumers c
cross join receipts r
where r.consumer = c.name and r.status = 'rejected'
group by c.name) as newest
join receipts on receipts.consumer = newest.consumer and receipts.change_seq = newest.seq
join changes on changes.seq = newest.seq
order by newest.consumer;

-- feed/receipts.ts upsertReceipts
insert into receipts (consumer, change_seq, status, reference, reason, at) select ?, cast(rows.position as bigint), rows.status, rows.reference, rows.reason, ?
from (select json_extract(value, '$.position') as "position", json_extract(value, '$.status') as "status", json_extract(value, '$.reference') as "reference", json_extract(value, '$.reason') as "reason"
from jsonb_each(?)) as rows
where true
on conflict (consumer, change_seq) do update
set status = excluded.status, reference = excluded.reference, reason = excluded.reason, at = excluded.at;
