-- A directory has a user no longer: the account is disabled and in none of the directory's groups, and its mail stays. Whoever is logged
-- in there writes nothing more. Returns what to wake.
create or replace function delete_scim_user(_account bigint) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group bigint;
begin
  perform pg_advisory_xact_lock(hashtext('postroom people'), 0);
  perform lock_login_alone(_account);
  perform lock_groups();
  update scim_user s
     set deleted_at = now(), revision = s.revision + 1
   where s.account = _account
     and s.deleted_at is null;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such user';
  end if;
  if exists (select from account a where a.id = _account and not a.is_disabled) then
    perform set_disabled(_account, true);
  end if;
  for _group in
    select s.user_group
      from scim_group s
      join user_group_member m on m.user_group = s.user_group and m.account = _account
     order by s.user_group
  loop
    update scim_group s set revision = s.revision + 1, changed_at = now() where s.user_group = _group;
    return query
      select t.mailbox, t.modseq
        from set_members(
               _group,
               array(select m.account from user_group_member m where m.user_group = _group and m.account <> _account)) t;
  end loop;
end
$$;
