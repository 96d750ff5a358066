-- Who is in the groups that the list of a mailbox names, as far as they and the groups are of the asker's domain; of each group
-- the first, and how many there are.
select g.name as "group!", count(a.id) as "count!",
       coalesce((array_agg(a.name order by a.name) filter (where a.id is not null))[1:$3], '{}') as "people!"
  from account asker
  join mailbox_name n on n.mailbox = $2
  join acl_entry e on e.mailbox = n.list_of and starts_with(e.identifier, 'group:')
  join user_group g on g.name = substr(e.identifier, length('group:') + 1) and domain_of(g.name) = domain_of(asker.name)
  left join effective_member m on m.user_group = g.id
  left join account a on a.id = m.account and domain_of(a.name) = domain_of(asker.name)
 where asker.id = $1
 group by g.name
