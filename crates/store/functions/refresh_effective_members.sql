-- Writes down anew in which groups these accounts are, and notes who came to one that lists name, or left it, for the letters that
-- tell of it. The caller holds `lock_groups`.
create or replace function refresh_effective_members(_accounts bigint[]) returns void
language plpgsql as $$
begin
  with recursive inside (account, user_group) as (
    select m.account, m.user_group
      from user_group_member m
     where m.account = any (_accounts)
    union
    select i.account, n.outer_group
      from inside i
      join user_group_nesting n on n.inner_group = i.user_group
  ), gone as (
    delete from effective_member e
     where e.account = any (_accounts)
       and not exists (select from inside i where i.account = e.account and i.user_group = e.user_group)
    returning e.account, e.user_group
  ), come as (
    insert into effective_member (account, user_group)
    select i.account, i.user_group
      from inside i
     where not exists (select
                         from effective_member e
                        where e.account = i.account
                          and e.user_group = i.user_group)
    returning account, user_group
  ), changed as (
    select account, user_group, true as was_member from gone
    union all
    select account, user_group, false from come
  )
  insert into member_change (account, user_group, was_member)
  select c.account, c.user_group, c.was_member
    from changed c
    join user_group g on g.id = c.user_group
   where letters_wanted()
     and exists (select from acl_entry e where e.identifier = 'group:' || g.name)
  on conflict (account, user_group) do nothing;
end
$$;
