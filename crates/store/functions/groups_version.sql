-- Stands for all groups and who is in them; '' where there are none.
create or replace function groups_version() returns text
language sql stable as $$
  select coalesce(md5(string_agg(r.line, E'\n' order by r.line collate "C")), '')
    from (select g.name || ' ' || g.is_of_directory || ' ' || coalesce(m.account::text, '') as line
            from user_group g
            left join user_group_member m on m.user_group = g.id
           union all
          select n.outer_group || ' > ' || n.inner_group
            from user_group_nesting n) r
$$;
