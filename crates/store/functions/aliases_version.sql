-- Stands for all addresses that lead to others, and all domains that are other names of one; '' where there are none.
create or replace function aliases_version() returns text
language sql stable as $$
  select coalesce(md5(string_agg(r.line, E'\n' order by r.line collate "C")), '')
    from (select coalesce(a.local, '') || '@' || a.domain || ' ' || a.alias_local || '@' || a.alias_domain as line
            from address a
           where a.alias_local is not null
           union all
          select '@' || d.domain || ' @' || d.target
            from domain_alias d) r
$$;
