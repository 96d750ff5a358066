-- Makes groups, lets accounts and groups (`group:name`) go from some, and then come to some: all of it or nothing. Refuses with PR007
-- where groups are no longer what `_version` stands for, with PR051 for a group that a directory keeps, PR046 for one that would be in
-- itself. Returns what to wake.
create or replace function apply_groups(
  _actor actor, _version text, _made text[], _groups text[], _members text[], _are_in boolean[]
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _touched  bigint[];
  _above    bigint[];
  _accounts bigint[];
  _row      record;
begin
  perform change_many();
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_groups();
  if groups_version() <> _version then
    raise exception using errcode = 'PR007', message = 'groups were changed meanwhile';
  end if;
  insert into user_group (name) select m from unnest(_made) m;
  insert into activity (kind, session, account, detail)
  select 15 /* activity: group */, _actor.session, _actor.account, m || ' created' from unnest(_made) m;

  _touched := array(select g.id from user_group g where g.name = any (_groups) order by g.id);
  perform check_kept_by_hand(t) from unnest(_touched) t;
  _above := array(select distinct a from unnest(_touched) t, unnest(groups_above(t)) a);
  perform hold_groups(_above);
  _accounts := array(
    select a.id from account a where a.name = any (_members)
     union
    select e.account
      from user_group g
      join effective_member e on e.user_group = g.id
     where 'group:' || g.name = any (_members));

  delete from user_group_member m
   using unnest(_groups, _members, _are_in) as w (name, member, is_in), user_group g, account a
   where g.name = w.name and a.name = w.member and not w.is_in
     and m.user_group = g.id and m.account = a.id;
  delete from user_group_nesting n
   using unnest(_groups, _members, _are_in) as w (name, member, is_in), user_group g, user_group i
   where g.name = w.name and 'group:' || i.name = w.member and not w.is_in
     and n.outer_group = g.id and n.inner_group = i.id;

  for _row in
    select g.id as outer_group, i.id as inner_group, a.id as account
      from unnest(_groups, _members, _are_in) as w (name, member, is_in)
      join user_group g on g.name = w.name
      left join user_group i on 'group:' || i.name = w.member
      left join account a on a.name = w.member
     where w.is_in
  loop
    if _row.inner_group is null and _row.account is null then
      raise exception using errcode = 'PR001', message = 'no such group or account';
    elsif _row.account is not null then
      insert into user_group_member (account, user_group) values (_row.account, _row.outer_group);
      continue;
    elsif _row.inner_group = any (groups_above(_row.outer_group)) then
      raise exception using errcode = 'PR046', message = 'a group cannot be in itself';
    end if;
    insert into user_group_nesting (inner_group, outer_group) values (_row.inner_group, _row.outer_group);
  end loop;

  _above := array(select distinct a from unnest(_touched) t, unnest(groups_above(t)) a union select unnest(_above));
  perform refresh_effective_members(_accounts);
  return query select t.mailbox, t.modseq from touch_groups(_above) t;
  insert into activity (kind, session, account, detail)
  select 15 /* activity: group */, _actor.session, _actor.account, w.name || case when w.is_in then ' +' else ' -' end || w.member
    from unnest(_groups, _members, _are_in) as w (name, member, is_in);
end
$$;
