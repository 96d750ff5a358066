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
  ), sender (account, name) as materialized (
    select a.id, a.name
      from route r
      join named w on true
      join account a on a.id = w.account
     where (select bool_and(may_send_as(a.id, s.mailbox)) from unnest(r.mailboxes) as s (mailbox))
  )
  select s.name
    from sender s
   union
  select seat_login(s.name, tree.path)
    from route r
    join sender s on true
    join access_token t on t.account = s.account and t.services & 2 <> 0
    join mailbox_name tree on tree.mailbox = t.mailbox and tree.owner = 0
   where (t.expires_at is null or t.expires_at > now())
     and (select bool_and(n.owner = 0 and (n.path = tree.path or starts_with(n.path, tree.path || '/')))
            from mailbox_name n
           where n.mailbox = any (r.mailboxes))
   order by 1
$$;

revoke execute on function senders_of from public;

-- The accounts that may send as an address, for a mail transfer agent; names and columns stay. An alias that leads to a
-- subaddress is understood where `+` separates it.
create or replace view mta_senders (address, domain, login) as
select r.address, r.domain, s.login
  from mta_recipients r
 cross join lateral senders_of(left(r.address, -length(r.domain) - 1), r.domain, '+') as s (login)
 where r.address <> '@' || r.domain;
