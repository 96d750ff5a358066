-- Two roles and a database: `postroom_owner`, which owns the schema and runs `postroom migrate`, and `postroom_frontend`, by which
-- frontends (`postroom serve --no-migrate`) read and write and which may change no table. Once, as a superuser, on PostgreSQL 15 or newer:
--
--   psql --set owner_password=… --set frontend_password=… --file deploy/postgres/roles.sql postgres
--
-- The database `postroom` may be there already, with tables of another role: then run this, and after it, in that database,
-- `reassign owned by … to postroom_owner`; the other role may then connect no more.

\set ON_ERROR_STOP 1
create role postroom_owner login password :'owner_password';
create role postroom_frontend login password :'frontend_password';
select not exists (select from pg_database where datname = 'postroom') as is_missing \gset
\if :is_missing
create database postroom owner postroom_owner encoding 'UTF8' locale 'C.UTF-8' template template0;
\else
alter database postroom owner to postroom_owner;
\endif
\connect postroom

-- A function that runs as its owner must find the owner's tables, and no temporary ones of the same name.
revoke temporary on database postroom from public;
grant usage on schema public to postroom_frontend;

-- How far standbys are behind, for metrics and `postroom doctor`; not a row of mail.
grant pg_monitor to postroom_frontend;

-- What `postroom migrate` makes, now and in every release to come.
alter default privileges for role postroom_owner in schema public
  grant select, insert, update, delete on tables to postroom_frontend;
alter default privileges for role postroom_owner in schema public
  grant usage, select on sequences to postroom_frontend;
alter default privileges for role postroom_owner in schema public
  grant execute on functions to postroom_frontend;

-- What is there already. In a new database these do nothing.
grant select, insert, update, delete on all tables in schema public to postroom_frontend;
grant usage, select on all sequences in schema public to postroom_frontend;
grant execute on all functions in schema public to postroom_frontend;
