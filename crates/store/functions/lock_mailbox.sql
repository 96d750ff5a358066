-- Locks a mailbox for writing, and refuses unless each permit still holds.
create or replace function lock_mailbox(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[],
  out modseq bigint, out deleted_count bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _version bigint;
begin
  select m.modseq, m.deleted_count, m.rights_version
    into modseq, deleted_count, _version
    from mailbox m
   where m.id = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  if _version <> any (_versions) then
    perform check_permits(_mailbox, _version, _accounts, _versions, _needed);
  end if;
end
$$;
