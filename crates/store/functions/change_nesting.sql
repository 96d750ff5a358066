-- Puts all of one group into another, or takes them out. Returns what to wake: nothing where it was so
-- already.
create or replace function change_nesting(_outer text, _inner text, _is_member boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _outer_group bigint;
  _inner_group bigint;
  _groups      bigint[];
begin
  perform lock_groups();
  select g.id into _outer_group from user_group g where g.name = _outer;
  select g.id into _inner_group from user_group g where g.name = _inner;
  if _outer_group is null or _inner_group is null then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  perform check_kept_by_hand(_outer_group);
  _groups := groups_above(_outer_group);
  if _is_member and _inner_group = any (_groups) then
    raise exception using errcode = 'PR046', message = 'a group cannot be in itself';
  end if;
  perform hold_groups(_groups);
  if _is_member then
    insert into user_group_nesting (inner_group, outer_group) values (_inner_group, _outer_group)
    on conflict (inner_group, outer_group) do nothing;
  else
    delete from user_group_nesting n
     where n.inner_group = _inner_group and n.outer_group = _outer_group;
  end if;
  if found then
    perform refresh_effective_members(array(
              select e.account from effective_member e where e.user_group = _inner_group));
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
  insert into activity (kind, detail)
  values (15 /* activity: group */, _outer || case when _is_member then ' +' else ' -' end || 'group:' || _inner);
end
$$;
