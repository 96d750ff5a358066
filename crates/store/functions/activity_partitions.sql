-- The partitions of activity, whether everything in each was done before a moment, and how many rows that is by
-- PostgreSQL's estimate. What is in the one of other months is of any.
create or replace function activity_partitions(_before timestamptz)
returns table (name text, is_over boolean, row_estimate bigint)
language sql stable as $$
  select c.relname::text,
         coalesce(substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([^']+)'\)$re$)::timestamptz <= _before, false),
         greatest(c.reltuples, 0)::bigint
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'activity'::regclass
$$;
