-- All annotations that `_account` has or shares on these mailboxes (0: the server), those that are kept as
-- columns included (RFC 6154, 4; ADR 0015).
create or replace function annotations_of(_account bigint, _mailboxes bigint[])
returns table (mailbox bigint, entry text, value bytea)
language sql stable as $$
  select coalesce(a.mailbox, 0), a.entry, a.value
    from annotation a
   where coalesce(a.mailbox, 0) = any (_mailboxes)
     and coalesce(a.account, 0) in (0, _account)
  union all
  -- RFC 6154, 4
  select n.mailbox, '/private/specialuse', convert_to(n.special_use, 'UTF8')
    from mailbox_name n
   where n.mailbox = any (_mailboxes)
     and n.special_use is not null
  union all
  select n.mailbox, '/shared/vendor/postroom/flags/private',
         convert_to(private_flag_names(n.mailbox, n.private_flags), 'UTF8')
    from mailbox_name n
   where n.mailbox = any (_mailboxes)
$$;
