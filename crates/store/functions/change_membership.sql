-- Adds an account to a group, or takes it out. Returns what to wake: nothing where it was so already.
create or replace function change_membership(_name text, _account bigint, _is_member boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group  bigint;
  _groups bigint[];
begin
  perform lock_groups();
  select g.id into _group from user_group g where g.name = _name;
  if not found or not exists (select from account a where a.id = _account) then
    raise exception using errcode = 'PR001', message = 'no such group or account';
  end if;
  perform check_kept_by_hand(_group);
  _groups := groups_above(_group);
  perform hold_groups(_groups);
  if _is_member then
    insert into user_group_member (account, user_group) values (_account, _group)
    on conflict (account, user_group) do nothing;
  else
    delete from user_group_member m where m.account = _account and m.user_group = _group;
  end if;
  if found then
    perform refresh_effective_members(array[_account]);
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
  insert into activity (kind, detail)
  select 15 /* activity: group */, _name || case when _is_member then ' +' else ' -' end || a.name
    from account a
   where a.id = _account;
end
$$;
