-- What a file of `postroom apply` could say of a tree, in rows: of the shared mailbox `_top` and all below it where `_owner` is 0, else of
-- the account's addresses and quota. Kinds, with what `name`, `value` and `number` are: 'mailbox' (special use, private flags), 'list'
-- (it has one of its own), 'entry' (identifier, rights as number), 'address' (spelling, folded), 'quota' (which limit, how much).
create or replace function tree_rows(_owner bigint, _top text)
returns table (path text, kind text, name text, value text, number bigint)
language sql stable as $$
  with here as (
    select n.mailbox, n.path, n.special_use, n.private_flags, n.list_of
      from mailbox_name n
     where n.owner = _owner
       and (_owner = 0 and (n.path = _top or n.path >= _top || '/' and n.path < _top || '0')
            or _owner <> 0 and n.path = 'INBOX')
  )
  select h.path, 'mailbox', h.special_use, private_flag_names(h.mailbox, h.private_flags), null::bigint
    from here h
   where _owner = 0
   union all
  select h.path, 'list', null, null, null
    from here h
   where _owner = 0 and h.list_of = h.mailbox
   union all
  select h.path, 'entry', case when e.is_negative then '-' else '' end || e.identifier, null, e.rights
    from here h
    join acl_entry e on e.mailbox = h.mailbox
   where _owner = 0
   union all
  select h.path, 'address', a.spelling, coalesce(a.local, '') || '@' || a.domain, null
    from here h
    join address a on a.mailbox = h.mailbox
   union all
  select q.path, 'quota', l.name, null, l.value
    from quota_root q
   cross join lateral (values ('storage', q.storage_limit), ('messages', q.message_limit), ('mailboxes', q.mailbox_limit))
      as l (name, value)
   where q.owner = _owner
     and l.value is not null
     and (_owner = 0 and (q.path = _top or q.path >= _top || '/' and q.path < _top || '0') or _owner <> 0 and q.path = '')
$$;
