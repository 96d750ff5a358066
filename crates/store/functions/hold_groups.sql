-- Keeps the names of these groups from being written into a list, until the transaction ends.
create or replace function hold_groups(_groups bigint[]) returns void
language plpgsql as $$
begin
  perform g.id
     from user_group g
    where g.id = any (_groups)
    order by g.id
      for update;
end
$$;
