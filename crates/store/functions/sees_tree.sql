-- Whether an account may know of the mailbox, or of one below it, in the tree that nobody owns: then it can be opened as an
-- account of its own (ADR 0018).
create or replace function sees_tree(_account bigint, _mailbox bigint) returns boolean
language plpgsql stable as $$
declare
  _path text := (select n.path from mailbox_name n where n.mailbox = _mailbox and n.owner = 0);
begin
  return _path is not null
         and (coalesce(rights_of(_account, _mailbox), 0::smallint) & 1 /* rights: l */ <> 0
              or exists (select
                           from mailbox_name n
                          where n.owner = 0
                            and n.path >= _path || '/' and n.path < _path || '0'
                            and coalesce(rights_of(_account, n.mailbox), 0::smallint) & 1 /* rights: l */ <> 0));
end
$$;
