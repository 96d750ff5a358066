-- Keywords that nobody uses any more are given up, and their numbers get other names (ADR 0050).

-- How a number was called before. What refers to it by number and was written until then means this name: activity, and
-- what was removed.
create table retired_keyword (
  mailbox    bigint      not null references mailbox on delete cascade,
  number     smallint    not null,
  name       text        collate "C" not null,
  retired_at timestamptz not null
);

create index retired_keyword_by_mailbox on retired_keyword (mailbox, number, retired_at);

-- A mailbox without a list of its own has that of the mailbox above it (ADR 0051): `list_of` is the mailbox whose entries
-- in acl_entry hold here, itself where the list is its own. What CREATE copied so far, and nobody changed since, is the
-- list of the mailbox above again. No frontend has read has_own_list.
alter table mailbox_name drop column has_own_list;
alter table mailbox_name add column list_of bigint references mailbox;

create temporary table list_text on commit drop as
select n.mailbox, n.owner, n.path, cardinality(string_to_array(n.path, '/')) as level,
       coalesce((select string_agg(e.identifier || ' ' || e.is_negative || ' ' || e.rights, E'\n'
                                   order by e.identifier, e.is_negative)
                   from acl_entry e
                  where e.mailbox = n.mailbox), '') as entries
  from mailbox_name n;

create unique index on list_text (owner, path);
analyze list_text;

do $$
begin
  -- From the top down: what is equal to the mailbox above has what that one has.
  for deep in 1..(select coalesce(max(l.level), 0) from list_text l) loop
    update mailbox_name n
       set list_of = case when above.entries = l.entries then above.list_of else n.mailbox end
      from list_text l
      left join lateral (
             select a.entries, an.list_of
               from list_text a
               join mailbox_name an on an.mailbox = a.mailbox
              where a.owner = l.owner
                and a.path = any (array(
                      select array_to_string((string_to_array(l.path, '/'))[1:level], '/')
                        from generate_series(1, l.level - 1) as level))
              order by a.level desc
              limit 1) above on true
     where l.mailbox = n.mailbox
       and l.level = deep;
  end loop;
end
$$;

delete from acl_entry e
 using mailbox_name n
 where n.mailbox = e.mailbox
   and n.list_of <> n.mailbox;

alter table mailbox_name alter column list_of set not null;
create index mailbox_name_by_list on mailbox_name (list_of);
