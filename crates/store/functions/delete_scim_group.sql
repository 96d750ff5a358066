-- A directory has a group no longer: nobody is in it. Lists still name it, until it is deleted by hand. Returns what to wake.
create or replace function delete_scim_group(_group bigint) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  perform lock_groups();
  update scim_group s
     set deleted_at = now(), revision = s.revision + 1
   where s.user_group = _group
     and s.deleted_at is null;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  return query select t.mailbox, t.modseq from set_members(_group, '{}') t;
end
$$;
