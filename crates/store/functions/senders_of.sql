-- Who may send as an address: of those whom the list of its first mailbox names, or who owns it, all who may as every one. It
-- reads as who made it, so that a mail transfer agent needs no right to our tables: whoever shall call it is granted that.
create or replace function senders_of(_local text, _domain text, _separator text) returns setof text
language sql stable security definer set search_path from current as $$
  with route as materialized (
    select sent_as(_local, _domain, _separator) as mailboxes
  ), named (account) as (
    select a.id
      from route r
      join mailbox_name n on n.mailbox = r.mailboxes[1]
      join acl_entry e on e.mailbox = n.list_of and not e.is_negative and e.rights & 32 /* rights: p */ <> 0
      join account a on a.name = e.identifier
     union
    select m.account
      from route r
      join mailbox_name n on n.mailbox = r.mailboxes[1]
      join acl_entry e on e.mailbox = n.list_of and not e.is_negative and e.rights & 32 /* rights: p */ <> 0
      join user_group g on e.identifier = 'group:' || g.name
      join effective_member m on m.user_group = g.id
     union
    select n.owner
      from route r
      join mailbox_name n on n.mailbox = r.mailboxes[1]
  )
  select a.name
    from route r
    join named w on true
    join account a on a.id = w.account
   where (select bool_and(may_send_as(a.id, s.mailbox)) from unnest(r.mailboxes) as s (mailbox))
   order by a.name
$$;

revoke execute on function senders_of from public;

-- The accounts that may send as an address, for a mail transfer agent; names and columns stay. An alias that leads to a
-- subaddress is understood where `+` separates it.
create or replace view mta_senders (address, domain, login) as
select r.address, r.domain, s.login
  from mta_recipients r
 cross join lateral senders_of(left(r.address, -length(r.domain) - 1), r.domain, '+') as s (login)
 where r.address <> '@' || r.domain;
