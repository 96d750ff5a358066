-- Locks a mailbox, and refuses unless each writer may write to it (`check_writers`).
create or replace function lock_mailbox(
  _mailbox bigint, _actors actor[], _permits permit[],
  out modseq bigint, out deleted_count bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _rights_version bigint;
begin
  select m.modseq, m.deleted_count, m.rights_version
    into modseq, deleted_count, _rights_version
    from mailbox m
   where m.id = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  perform check_writers(_mailbox, _rights_version, _actors, _permits);
end
$$;
