-- Where a letter to an address goes, and why: a row a step. Steps: 1 the address is known, 2 it is known without its
-- subaddress, 3 its domain is another one, 4 whatever comes to the domain, 5 an alias, 6 a mailbox, 7 nothing is known.
-- Breadth first, each address once, however the aliases go. Refuses with PR047 (too many aliases one after the other) and
-- PR048 (too many addresses).
create or replace function route_address(_local text, _domain text, _separator text) returns table (
  step smallint, subject text, object text,
  mailbox bigint, rights_version bigint, owner bigint, owner_name text, path text,
  subfolder bigint, subfolder_version bigint, subfolder_path text, junk bigint, junk_path text
)
language plpgsql stable as $$
#variable_conflict use_column
declare
  _locals  text[]    := array[_local];
  _domains text[]    := array[_domain];
  _details text[]    := array[null];
  _depths  integer[] := array[0];
  _at      integer   := 0;
  _reached bigint[]  := '{}';
  _chain   text[];
  _in      text;
  _base    text;
  _detail  text;
  _alias   text;
  _kind    smallint;
  _row     address;
begin
  while _at < cardinality(_locals) loop
    _at := _at + 1;
    _chain := domain_chain(_domains[_at]);
    _base := split_part(_locals[_at], _separator, 1);
    _detail := case when _separator <> '' and _base <> '' and length(_base) < length(_locals[_at])
                    then substr(_locals[_at], length(_base) + length(_separator) + 1) end;
    -- By name in every domain that this one is; only then by what takes all that comes.
    select f.kind, f.domain
      into _kind, _in
      from (select 1 as kind, d.domain, d.place
              from unnest(_chain) with ordinality as d (domain, place)
             where exists (select from address a where a.domain = d.domain and a.local = _locals[_at])
            union all
            select 2, d.domain, d.place
              from unnest(_chain) with ordinality as d (domain, place)
             where _detail is not null
               and exists (select from address a where a.domain = d.domain and a.local = _base)
            union all
            select 4, d.domain, d.place + cardinality(_chain)
              from unnest(_chain) with ordinality as d (domain, place)
             where exists (select from address a where a.domain = d.domain and a.local is null)) f
     order by f.place, f.kind
     limit 1;
    if not found then
      return query select 7::smallint, _locals[_at] || '@' || _domains[_at], null::text, null::bigint, null::bigint,
        null::bigint, null::text, null::text, null::bigint, null::bigint, null::text, null::bigint, null::text;
      continue;
    end if;
    if _in <> _domains[_at] then
      return query select 3::smallint, _domains[_at], _in, null::bigint, null::bigint,
        null::bigint, null::text, null::text, null::bigint, null::bigint, null::text, null::bigint, null::text;
    end if;
    return query select _kind, _locals[_at] || '@' || _domains[_at],
      case _kind when 2 then _base || '@' || _in when 4 then '@' || _in end, null::bigint, null::bigint,
      null::bigint, null::text, null::text, null::bigint, null::bigint, null::text, null::bigint, null::text;
    -- What an alias was asked for with goes on to where it leads.
    _detail := case _kind when 2 then coalesce(_detail, _details[_at]) else _details[_at] end;
    for _row in
      select a.*
        from address a
       where a.domain = _in
         and a.local is not distinct from case _kind when 1 then _locals[_at] when 2 then _base end
       order by a.id
    loop
      if _row.mailbox is null then
        return query select 5::smallint, _row.spelling, _row.alias_spelling, null::bigint, null::bigint,
          null::bigint, null::text, null::text, null::bigint, null::bigint, null::text, null::bigint, null::text;
        _alias := _row.alias_local || '@' || _row.alias_domain;
        if not exists (select
                         from unnest(_locals, _domains, _details) as k (local, domain, detail)
                        where k.local || '@' || k.domain = _alias
                          and k.detail is not distinct from _detail) then
          if _depths[_at] >= 10 /* limits::ALIAS_STEPS_MAX */ then
            raise exception using errcode = 'PR047', message = 'too many aliases';
          end if;
          _locals := _locals || _row.alias_local;
          _domains := _domains || _row.alias_domain;
          _details := _details || _detail;
          _depths := _depths || (_depths[_at] + 1);
        end if;
      elsif not _row.mailbox = any (_reached) then
        _reached := _reached || _row.mailbox;
        return query select 6::smallint, null::text, _detail, t.* from address_target(_row.mailbox, _detail) t;
      end if;
      if cardinality(_reached) + cardinality(_locals) > 100 /* limits::ADDRESS_TARGETS_MAX */ then
        raise exception using errcode = 'PR048', message = 'too many targets';
      end if;
    end loop;
  end loop;
end
$$;
