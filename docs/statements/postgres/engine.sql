-- What is sent, by function of src/store: made by `npm run docs:sql`.

-- engine/leases.ts acquireLease
insert into leases (name, owner, until)
values (?, …)
on conflict (name) do update
set owner = excluded.owner, until = excluded.until
where leases.until < ? or leases.owner = ?
returning name;

-- engine/leases.ts claimTick
insert into leases (name, owner, until)
values (?, …)
on conflict (name) do update
set owner = excluded.owner, until = excluded.until
where leases.owner < excluded.owner or leases.owner > ?
returning name;

-- engine/leases.ts findGoneOwner
select name, owner, until
from leases
where name = ?;

-- engine/leases.ts readLease
select name, owner, until
from leases
where name = ?;

-- engine/leases.ts releaseLease
delete
from leases
where name = ? and owner = ?;

-- engine/leases.ts releaseLeases
select name, owner
from leases
where substr(name, 1, ?) = ?;

-- engine/leases.ts renewLease
update leases
set until = ?
where name = ? and owner = ?
returning name;

-- engine/messages.ts notify
select pg_notify(?, …);
