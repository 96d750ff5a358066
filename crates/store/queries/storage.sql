-- What the tables take on disk with their indexes, by what is in them. A partition counts to the table it is part of. Of the
-- list of removed messages $1 percent of the pages are read, and stand for all.
select coalesce(sum(bytes) filter (where name = 'content'), 0)::bigint as "contents!",
       coalesce(sum(bytes) filter (where name in ('entry', 'entry_keyword', 'user_flags')), 0)::bigint as "messages!",
       coalesce(sum(bytes) filter (where name in ('digest', 'digest_text')), 0)::bigint as "digests!",
       coalesce(sum(bytes) filter (where name = 'snapshot'), 0)::bigint as "snapshots!",
       coalesce(sum(bytes) filter (where name in ('change', 'directory_change')), 0)::bigint as "changes!",
       coalesce(sum(bytes) filter (where name in ('activity', 'origin')), 0)::bigint as "activity!",
       coalesce(sum(bytes) filter (where name = 'garbage'), 0)::bigint as "garbage!",
       coalesce(sum(bytes), 0)::bigint as "all!",
       (select coalesce(sum(g.size) * 100 / $1::real, 0)::bigint from garbage g tablesample system ($1::real)) as "removed!"
  from (select coalesce(pg_partition_root(c.oid), c.oid)::regclass::text as name,
               pg_total_relation_size(c.oid) as bytes
          from pg_class c
         where c.relnamespace = current_schema()::regnamespace
           and c.relkind in ('r', 'm')) tables
