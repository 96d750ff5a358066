-- Digests: what SEARCH and SORT need of many messages of a mailbox, packed together. Copies of what
-- content has; may be deleted at any time.

create table digest (
  id        bigint         generated always as identity primary key,
  mailbox   bigint         not null,
  -- Its messages. A message's place is how many UIDs of these are lower.
  uids      int8multirange not null,
  contents  bigint[]       not null,
  -- For each gram (crates/store/src/digest/grams.rs), where its list begins in `lists`: 65,537
  -- numbers of four bytes, the highest byte first.
  bounds    bytea          not null,
  lists     bytea          not null,
  sort_keys bytea          not null
);

create table digest_text (
  digest bigint  not null references digest on delete cascade,
  -- The place of the first message in it.
  first  integer not null,
  texts  bytea   not null,
  primary key (digest, first)
);

-- Packed by us, or read in slices.
alter table digest
  alter column bounds    set storage external,
  alter column lists     set storage external,
  alter column sort_keys set storage external;
alter table digest_text alter column texts set storage external;

create index digest_by_mailbox on digest (mailbox);
create index digest_by_content on digest using gin (contents);

-- What is collected is gone from the copies too.
create function forget_digests_of_contents() returns trigger
language plpgsql as $$
begin
  delete from digest d
   where d.contents && (select coalesce(array_agg(g.id), '{}') from gone g);
  return null;
end
$$;

create trigger content_leaves_digests
  after delete on content
  referencing old table as gone
  for each statement execute function forget_digests_of_contents();

create function forget_digests_of_mailboxes() returns trigger
language plpgsql as $$
begin
  delete from digest d using gone g where d.mailbox = g.id;
  return null;
end
$$;

create trigger mailbox_leaves_digests
  after delete on mailbox
  referencing old table as gone
  for each statement execute function forget_digests_of_mailboxes();

create function number_at(_numbers bytea, _place integer) returns integer
language sql immutable as $$
  select ('x' || encode(substring(_numbers from _place * 4 + 1 for 4), 'hex'))::bit(32)::integer
$$;

-- The digests of a mailbox, and of each the shortest lists among those of `_grams`. Six tell nearly as
-- much as all.
create function find_digests(_mailbox bigint, _grams integer[])
returns table (id bigint, uids text, lists bytea[])
language sql stable as $$
  select d.id, d.uids::text,
         array(select substring(d.lists from l.low + 1 for l.high - l.low)
                 from (select number_at(d.bounds, g.gram) as low,
                              number_at(d.bounds, g.gram + 1) as high
                         from unnest(_grams) as g (gram)
                       offset 0) l
                order by l.high - l.low
                limit 6)
    from digest d
   where d.mailbox = _mailbox
   order by lower(d.uids)
$$;

-- Writes a digest in place of others, unless somebody else wrote one of the same messages, or some
-- of them are gone by now.
create function write_digest(
  _mailbox bigint, _uids int8multirange, _contents bigint[], _bounds bytea, _lists bytea,
  _sort_keys bytea, _firsts integer[], _texts bytea[], _replaced bigint[]
) returns boolean
language plpgsql as $$
declare
  _digest bigint;
begin
  -- Whoever comes second waits, and sees what the first wrote.
  perform pg_advisory_xact_lock(hashtextextended('digest', _mailbox));
  perform from mailbox m where m.id = _mailbox for key share;
  if not found then
    return false;
  end if;
  delete from digest d where d.id = any (_replaced);
  if exists (select from digest d where d.mailbox = _mailbox and d.uids && _uids) then
    return false;
  end if;
  perform c.id
     from (select u.id from unnest(_contents) as u (id) limit cardinality(_contents)) u
     join content c on c.id = u.id
      for key share of c;
  if (select count(*)
        from (select u.id from unnest(_contents) as u (id) limit cardinality(_contents)) u
        join content c on c.id = u.id) < cardinality(_contents) then
    return false;
  end if;

  insert into digest (mailbox, uids, contents, bounds, lists, sort_keys)
  values (_mailbox, _uids, _contents, _bounds, _lists, _sort_keys)
  returning id into _digest;
  insert into digest_text (digest, first, texts)
  select _digest, t.first, t.texts
    from unnest(_firsts, _texts) as t (first, texts);
  return true;
end
$$;
