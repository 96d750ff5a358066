with tree (owner, account, top) as (
  select n.owner, null::text collate "C", split_part(n.path, '/', 1) collate "C"
    from mailbox_name n
   where n.owner = 0
   union
  select q.owner, null, split_part(q.path, '/', 1) collate "C"
    from quota_root q
   where q.owner = 0
   union
  select n.owner, o.name collate "C", 'INBOX' collate "C"
    from address a
    join mailbox_name n on n.mailbox = a.mailbox and n.path = 'INBOX'
    join account o on o.id = n.owner
   union
  select q.owner, o.name collate "C", 'INBOX' collate "C"
    from quota_root q
    join account o on o.id = q.owner
   where q.path = ''
)
select t.account as "account?", t.top as "top!", r.path as "path!", r.kind as "kind!", r.name as "name?", r.value as "value?", r.number as "number?"
  from tree t
 cross join lateral tree_rows(t.owner, t.top) r
 union all
select t.account, t.top, '', 'version', null, tree_version(t.owner, t.top), null
  from tree t
 union all
select null, '', n.path, 'count', null, null, m.message_count
  from mailbox_name n
  join mailbox m on m.id = n.mailbox
 where n.owner = 0
