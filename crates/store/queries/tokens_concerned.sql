-- Of these access tokens, those for a tree that the mailbox is in, or that is below it and may have its list.
select t.id
  from access_token t
  join mailbox_name tree on tree.mailbox = t.mailbox
  join mailbox_name n on n.mailbox = $1
 where t.id = any ($2::bigint[])
   and (t.mailbox = n.mailbox
        or n.owner = tree.owner
           and (starts_with(n.path, tree.path || '/') or starts_with(tree.path, n.path || '/')))
