-- Stands for all that `tree_rows` says of a tree; '' where that is nothing. Whoever has locked the tree compares it with that by which
-- something was decided.
create or replace function tree_version(_owner bigint, _top text) returns text
language sql stable as $$
  select coalesce(md5(string_agg(r::text, E'\n' order by r.path collate "C", r.kind collate "C", r.name collate "C",
                                                    r.value collate "C", r.number)), '')
    from tree_rows(_owner, _top) r
$$;
