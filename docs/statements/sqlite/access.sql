-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- access/api-keys.ts deleteApiKey
delete
from api_keys
where name = ?
returning name;

-- access/api-keys.ts insertApiKey
insert into api_keys (name, role, key_hash, prefix, created_at, connections, consumers)
values (?, …)
on conflict do nothing
returning name;

-- access/api-keys.ts recordApiKeyUse
update api_keys
set last_used_at = ?, prefix = ?
where name = ?;

-- access/audit.ts insertAudit
insert into audit (at, who, key_name, via, address, action, target, connection, result, details, request_id)
values (?, …);

-- access/credential-trials.ts createCredentialTrials
delete
from credential_trials
where api = ?;

-- access/credential-trials.ts createCredentialTrials
delete
from credential_trials
where id = ?;

-- access/credential-trials.ts createCredentialTrials
delete
from refused_credentials
where api = ?;

-- access/credential-trials.ts createCredentialTrials
delete
from refused_credentials;

-- access/credential-trials.ts createCredentialTrials
update refused_credentials
set tried_until_ms = ?
where api = ?;

-- access/credential-trials.ts insertTrial
insert into credential_trials (id, api, at_ms)
values (?, …);

-- access/credential-trials.ts readRefusal
select refusals, refused_at_ms, paused_until_ms, tried_until_ms, message
from refused_credentials
where api = ?;

-- access/credential-trials.ts recordRefusal
insert into refused_credentials (api, refusals, refused_at_ms, paused_until_ms, tried_until_ms, message)
values (?, …)
on conflict (api) do update
set refusals = excluded.refusals, refused_at_ms = excluded.refused_at_ms, paused_until_ms = excluded.paused_until_ms, tried_until_ms = excluded.tried_until_ms, message = excluded.message;

-- access/credential-trials.ts startTrial
delete
from credential_trials
where api = ? and at_ms <= ?;

-- access/credential-trials.ts startTrial
select at_ms
from credential_trials
where api = ? and at_ms > ? and at_ms <= ?
order by at_ms desc
limit ?;

-- access/credential-trials.ts startTrial
update refused_credentials
set tried_until_ms = ?
where api = ?;

-- access/list-api-keys.ts isKeyPrefix
select 1 as known
from api_keys
where prefix = ?
limit 1;

-- access/list-api-keys.ts listApiKeys
select name, role, created_at, last_used_at, connections, consumers
from api_keys
order by name;

-- access/list-api-keys.ts readApiKeyByHash
select name, role, created_at, last_used_at, connections, consumers
from api_keys
where key_hash = ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where (who = ? or connection in (?, …))
order by seq desc
limit ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where (who = ? or via = 'service')
order by seq desc
limit ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where (who = ? or via = 'service') and target = ?
order by seq desc
limit ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where 1 = 1
order by seq desc
limit ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where action = ?
order by seq desc
limit ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where seq < ?
order by seq desc
limit ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where target = ?
order by seq desc
limit ?;

-- access/list-audit.ts listAudit
select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id
from audit
where who = ?
order by seq desc
limit ?;

-- access/open-circuits.ts forgetOpenCircuit
delete
from open_circuits
where (connection = ? and process = ?) or seen_at < ?;

-- access/open-circuits.ts isCircuitOpen
select 1 as open
from open_circuits
where connection = ? and seen_at >= ?
limit 1;

-- access/open-circuits.ts noteOpenCircuit
insert into open_circuits (connection, process, seen_at)
values (?, …)
on conflict (connection, process) do update
set seen_at = excluded.seen_at;

-- access/rate-limits.ts createRateLimits
delete
from leases
where name = ? and owner = ?;

-- access/rate-limits.ts enterBudgets
delete
from remote_calls
where connection = ? and budget = ? and at_ms <= ?;

-- access/rate-limits.ts enterBudgets
insert into remote_calls (connection, budget, at_ms)
values (?, …);

-- access/rate-limits.ts pauseBudgets
insert into remote_pauses (connection, budget, until_ms)
values (?, …)
on conflict (connection, budget) do update
set until_ms = excluded.until_ms
where remote_pauses.until_ms < excluded.until_ms;

-- access/rate-limits.ts pauseOf
select budget, until_ms
from remote_pauses
where connection = ? and until_ms > ? and until_ms <= ?;

-- access/rate-limits.ts takeTurn
insert into leases (name, owner, until)
values (?, …)
on conflict (name) do update
set owner = excluded.owner, until = excluded.until
where leases.until < ? or leases.owner = ?
returning name;

-- access/rate-limits.ts takeTurn
select name, owner, until
from leases
where name = ?;

-- access/rate-limits.ts waitOf
select at_ms
from remote_calls
where connection = ? and budget = ? and at_ms > ? and at_ms <= ?
order by at_ms desc
limit ?;

-- access/sessions.ts createSessions
insert into sessions (connection, sealed, renewed_at)
values (?, …)
on conflict (connection) do update
set sealed = excluded.sealed, renewed_at = excluded.renewed_at;

-- access/sessions.ts read
select sealed
from sessions
where connection = ?;
