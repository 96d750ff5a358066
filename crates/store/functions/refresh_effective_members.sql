-- Writes down anew in which groups these accounts are. The caller holds `lock_groups`.
create or replace function refresh_effective_members(_accounts bigint[]) returns void
language plpgsql as $$
begin
  delete from effective_member e where e.account = any (_accounts);
  insert into effective_member (account, user_group)
  with recursive inside (account, user_group) as (
    select m.account, m.user_group
      from user_group_member m
     where m.account = any (_accounts)
    union
    select i.account, n.outer_group
      from inside i
      join user_group_nesting n on n.inner_group = i.user_group
  )
  select i.account, i.user_group from inside i;
end
$$;
