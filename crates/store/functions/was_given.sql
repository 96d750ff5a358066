-- Whether an account may know of a mailbox in the tree that nobody owns, and could not before what was noted. Of a tree only the
-- uppermost mailbox that somebody may know of is told: its folders belong to it.
create or replace function was_given(_account bigint, _mailbox bigint) returns boolean
language plpgsql stable as $$
declare
  _path text := (select n.path from mailbox_name n where n.mailbox = _mailbox and n.owner = 0);
begin
  return _path is not null
         and coalesce(rights_of(_account, _mailbox), 0::smallint) & 1 /* rights: l */ <> 0
         and not (select a.is_admin from account a where a.id = _account)
         and not knew_before(_account, _mailbox)
         and not exists (select
                           from mailbox_name n
                          where n.owner = 0
                            and n.path = any (array(
                                  select array_to_string((string_to_array(_path, '/'))[1:level], '/')
                                    from generate_series(1, levels_of(_path) - 1) as level))
                            and coalesce(rights_of(_account, n.mailbox), 0::smallint) & 1 /* rights: l */ <> 0);
end
$$;
