-- A group and all that it is in.
create or replace function groups_above(_group bigint) returns bigint[]
language sql stable as $$
  with recursive above (id) as (
    select _group
    union
    select n.outer_group
      from above
      join user_group_nesting n on n.inner_group = above.id
  )
  select array_agg(id) from above
$$;
