-- Who may send as an address: of those whom the list of its first mailbox names, or who owns it, all who may as every one.
with route as materialized (
  select sent_as(_local => $1, _domain => $2, _separator => $3) as mailboxes
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
select a.name as "name!"
  from route r
  join named w on true
  join account a on a.id = w.account
 where (select bool_and(may_send_as(a.id, s.mailbox)) from unnest(r.mailboxes) as s (mailbox))
 order by a.name
 limit $4
