-- What a mail transfer agent may read of addresses by SQL instead of by socketmap. The names and columns of these views and of
-- `mta_senders` (functions/senders_of.sql) are for others to rely on: they stay.

create index address_by_text on address ((coalesce(local, '') || '@' || domain));

-- Every name of a domain that has addresses, its own and those of domains that are aliases of it, each with the domain
-- whose addresses count. However the aliases go, each pair is there once.
create view mta_domain_name as
with recursive name (domain, target) as (
  select d.domain, d.target
    from domain_alias d
   union
  select n.domain, d.target
    from name n
    join domain_alias d on d.domain = n.target
)
select n.domain, n.target
  from name n;

-- The domains of which some address is known.
create view mta_domains (domain) as
select a.domain
  from address a
 where a.domain <> ''
 union
select d.domain
  from domain_alias d;

-- The addresses that lead somewhere; `@` and the domain where all do that come to it.
create view mta_recipients (address, domain) as
select coalesce(a.local, '') || '@' || a.domain, a.domain
  from address a
 where a.domain <> ''
 union
select coalesce(a.local, '') || '@' || n.domain, n.domain
  from mta_domain_name n
  join address a on a.domain = n.target;
