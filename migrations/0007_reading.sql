-- Reading what several queries of the store share.

-- A mailbox as one account sees it, with its whole list. No row where either is not there.
create function describe_mailbox(_account bigint, _mailbox bigint) returns table (
  mailbox bigint, owner bigint, uid_validity bigint, rights_version bigint, private_flags bigint,
  special_use text, account_name text, is_admin boolean, groups text[],
  identifiers text[], negatives boolean[], rights smallint[]
)
language sql stable as $$
  select m.id, n.owner, m.uid_validity, m.rights_version,
         case when n.owner = a.id then 0 else n.private_flags end, n.special_use, a.name, a.is_admin,
         array(select g.name
                 from user_group_member gm
                 join user_group g on g.id = gm.user_group
                where gm.account = a.id),
         array(select e.identifier from acl_entry e where e.mailbox = m.id
                order by e.identifier, e.is_negative),
         array(select e.is_negative from acl_entry e where e.mailbox = m.id
                order by e.identifier, e.is_negative),
         array(select e.rights from acl_entry e where e.mailbox = m.id
                order by e.identifier, e.is_negative)
    from account a, mailbox m
    join mailbox_name n on n.mailbox = m.id
   where a.id = _account
     and m.id = _mailbox
$$;

-- The account in whose tree a place is, 0 for the tree that nobody owns; none for a name nobody has.
-- Kinds: 0 the asker's tree, 1 the tree of `_owner_name`, 2 the tree that nobody owns.
create function owner_of_place(_account bigint, _kind smallint, _owner_name text) returns bigint
language plpgsql stable as $$
begin
  return (select case _kind
                   when 0 then _account
                   when 1 then (select a.id from account a where a.name = _owner_name)
                   else 0
                 end);
end
$$;
