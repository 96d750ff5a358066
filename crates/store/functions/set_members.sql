-- Makes a group have these members and no others. The caller holds `lock_groups`. Returns what to wake: nothing where it was so already.
create or replace function set_members(_group bigint, _members bigint[]) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _groups bigint[] := groups_above(_group);
  _gone   bigint[];
  _come   bigint[];
begin
  perform hold_groups(_groups);
  with gone as (
    delete from user_group_member m
     where m.user_group = _group
       and m.account <> all (_members)
    returning m.account
  )
  select coalesce(array_agg(g.account), '{}') into _gone from gone g;
  with come as (
    insert into user_group_member (account, user_group)
    select a.id, _group
      from account a
     where a.id = any (_members)
    on conflict (account, user_group) do nothing
    returning account
  )
  select coalesce(array_agg(c.account), '{}') into _come from come c;
  insert into activity (kind, detail)
  select 15 /* activity: group */, g.name || case when a.id = any (_come) then ' +' else ' -' end || a.name
    from account a
    join user_group g on g.id = _group
   where a.id = any (_come || _gone)
   order by a.id;
  if cardinality(_come || _gone) > 0 then
    perform refresh_effective_members(_come || _gone);
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
end
$$;
