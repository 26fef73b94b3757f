-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- retention/sweep.ts deleteAccount
delete
from alerts
where (key) in (select key
from alerts
where closed_at < ?
limit ?)
returning key;

-- retention/sweep.ts deleteAccount
delete
from answers
where (connection, minute, status) in (select connection, minute, status
from answers
where minute < ?
limit ?)
returning connection;

-- retention/sweep.ts deleteAccount
delete
from audit
where (seq) in (select seq
from audit
where at < ?
limit ?)
returning seq;

-- retention/sweep.ts deleteAccount
delete
from consumer_acks
where (consumer, position) in (select consumer, position
from consumer_acks
where at < ?
limit ?)
returning consumer;

-- retention/sweep.ts deleteAccount
delete
from consumer_reads
where (consumer, position) in (select consumer, position
from consumer_reads
where at < ?
limit ?)
returning consumer;

-- retention/sweep.ts deleteAccount
delete
from gaps
where (seq) in (select seq
from gaps
where at < ?
limit ?)
returning seq;

-- retention/sweep.ts deleteAccount
delete
from refusals
where (seq) in (select seq
from refusals
where at < ?
limit ?)
returning seq;

-- retention/sweep.ts deleteAccount
delete
from replayed_deliveries
where (replay_id, delivery_seq) in (select replay_id, delivery_seq
from replayed_deliveries
where at < ?
limit ?)
returning replay_id;

-- retention/sweep.ts deleteAccount
delete
from replays
where (id) in (select id
from replays
where at < ?
limit ?)
returning id;

-- retention/sweep.ts deleteAccount
delete
from resolved_alerts
where (seq) in (select seq
from resolved_alerts
where closed_at < ?
limit ?)
returning seq;

-- retention/sweep.ts deleteChanges
delete
from changes
where seq <= ?;

-- retention/sweep.ts deleteChanges
delete
from feed_floor;

-- retention/sweep.ts deleteChanges
delete
from receipts
where change_seq <= ?;

-- retention/sweep.ts deleteChanges
insert into feed_floor (seq, change_id)
values (?, …);

-- retention/sweep.ts deleteChanges
select seq, change_id, at
from changes
order by seq
limit ?;

-- retention/sweep.ts deleteDeliveries
delete
from deliveries
where state in ('done', 'ignored', 'dead', 'handled') and seq in ( select seq
from deliveries
where seq > ? and received_at < ? and state in ('done', 'ignored', 'dead', 'handled')
order by seq
limit ?)
returning seq, id;

-- retention/sweep.ts deleteDeliveries
delete
from delivery_contents
where seq in (?, …);

-- retention/sweep.ts deleteDeliveries
delete
from dismissals
where delivery_id in (?, …);

-- retention/sweep.ts deleteRuns
delete
from reconcile_runs
where seq in ( select r.seq
from reconcile_runs r
where r.started_at < ? and r.state <> 'running' and r.seq < (select max(n.seq)
from reconcile_runs n
where n.connection = r.connection)
order by r.seq
limit ?)
returning seq;

-- retention/sweep.ts emptyDeliveries
delete
from delivery_contents
where seq in ( select seq
from deliveries
where seq in (?, …) and state in ('done', 'ignored', 'handled'));

-- retention/sweep.ts findForgottenConsumers
select name
from consumers
where coalesce(last_read_at, created_at) < ? and coalesce(last_ack_at, created_at) < ? and exists (select 1
from changes
where changes.seq > consumers.position and changes.at < ?)
order by name;

-- retention/sweep.ts findFullDeliveries
select seq
from deliveries
where seq > ? and received_at < ? and finished_at < ? and state in ('done', 'ignored', 'handled') and exists (select 1
from delivery_contents c
where c.seq = deliveries.seq)
order by seq
limit ?;

-- retention/sweep.ts readAcknowledgedByAll
select min(position) as position
from consumers;
