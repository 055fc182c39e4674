-- The tables of a journal on a server as version 8 made them; never changed.
CREATE TABLE public.campaigns (
    number character varying NOT NULL COLLATE pg_catalog."C",
    title character varying NOT NULL COLLATE pg_catalog."C",
    file character varying NOT NULL COLLATE pg_catalog."C",
    snapshot character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.facts (
    id integer NOT NULL,
    campaign character varying COLLATE pg_catalog."C",
    kind character varying NOT NULL COLLATE pg_catalog."C",
    target character varying COLLATE pg_catalog."C",
    channel character varying COLLATE pg_catalog."C",
    value character varying COLLATE pg_catalog."C",
    at bigint NOT NULL,
    by character varying NOT NULL COLLATE pg_catalog."C",
    because text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.facts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.facts_id_seq OWNED BY public.facts.id;
CREATE TABLE public.marks (
    channel character varying NOT NULL COLLATE pg_catalog."C",
    contact character varying NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    campaign character varying NOT NULL COLLATE pg_catalog."C",
    because text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.messages (
    id bigint NOT NULL,
    key character varying NOT NULL COLLATE pg_catalog."C",
    campaign character varying NOT NULL COLLATE pg_catalog."C",
    round integer NOT NULL,
    target character varying NOT NULL COLLATE pg_catalog."C",
    channel character varying NOT NULL COLLATE pg_catalog."C",
    contact character varying NOT NULL COLLATE pg_catalog."C",
    "to" text NOT NULL COLLATE pg_catalog."C",
    language character varying NOT NULL COLLATE pg_catalog."C",
    snapshot character varying NOT NULL COLLATE pg_catalog."C",
    target_digest character varying NOT NULL COLLATE pg_catalog."C",
    expires_at bigint NOT NULL,
    state character varying NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    held text COLLATE pg_catalog."C",
    attempts integer NOT NULL,
    excused integer DEFAULT 0 NOT NULL,
    first_try_at bigint,
    not_before bigint,
    owner character varying COLLATE pg_catalog."C",
    claimed_at bigint,
    changed_at bigint NOT NULL,
    receipt text COLLATE pg_catalog."C",
    repeatable character varying COLLATE pg_catalog."C",
    zones text COLLATE pg_catalog."C",
    ask_again_at bigint,
    far_end character varying COLLATE pg_catalog."C",
    outcome character varying COLLATE pg_catalog."C",
    counts character varying COLLATE pg_catalog."C",
    lease_by character varying COLLATE pg_catalog."C",
    lease_key character varying COLLATE pg_catalog."C",
    lease_until bigint
);
CREATE SEQUENCE public.messages_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.messages_id_seq OWNED BY public.messages.id;
CREATE TABLE public.meta (
    name character varying NOT NULL COLLATE pg_catalog."C",
    value character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.moves (
    id bigint NOT NULL,
    message bigint NOT NULL,
    at bigint NOT NULL,
    before character varying COLLATE pg_catalog."C",
    after character varying NOT NULL COLLATE pg_catalog."C",
    attempt integer NOT NULL,
    "to" text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    code character varying COLLATE pg_catalog."C",
    by character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.moves_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.moves_id_seq OWNED BY public.moves.id;
CREATE TABLE public.owners (
    id character varying NOT NULL,
    host character varying NOT NULL,
    process integer NOT NULL,
    began_at bigint NOT NULL,
    beat_at bigint NOT NULL
);
CREATE TABLE public.paces (
    channel character varying NOT NULL COLLATE pg_catalog."C",
    last_start bigint,
    last_begin bigint,
    spacing bigint,
    slow_until bigint,
    paused_until bigint,
    paused_because text COLLATE pg_catalog."C"
);
CREATE TABLE public.rosters (
    digest character varying NOT NULL COLLATE pg_catalog."C",
    part integer NOT NULL,
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.snapshots (
    digest character varying NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL
);
CREATE TABLE public.targets (
    digest character varying NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);
ALTER TABLE ONLY public.facts ALTER COLUMN id SET DEFAULT nextval('public.facts_id_seq'::regclass);
ALTER TABLE ONLY public.messages ALTER COLUMN id SET DEFAULT nextval('public.messages_id_seq'::regclass);
ALTER TABLE ONLY public.moves ALTER COLUMN id SET DEFAULT nextval('public.moves_id_seq'::regclass);
ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.facts
    ADD CONSTRAINT facts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (channel, contact);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.moves
    ADD CONSTRAINT moves_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.owners
    ADD CONSTRAINT owners_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.paces
    ADD CONSTRAINT paces_pkey PRIMARY KEY (channel);
ALTER TABLE ONLY public.rosters
    ADD CONSTRAINT rosters_pkey PRIMARY KEY (digest, part);
ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.targets
    ADD CONSTRAINT targets_pkey PRIMARY KEY (digest);
CREATE INDEX facts_campaign ON public.facts USING btree (campaign, id);
CREATE INDEX facts_opted_out ON public.facts USING btree (channel, value) WHERE ((kind)::text = 'opted_out'::text);
CREATE INDEX messages_again ON public.messages USING btree (campaign, channel, id) WHERE (((state)::text = 'in_doubt'::text) AND ((repeatable)::text = 'idempotent'::text) AND (not_before IS NOT NULL));
CREATE INDEX messages_asked ON public.messages USING btree (campaign, ask_again_at) WHERE (ask_again_at IS NOT NULL);
CREATE INDEX messages_campaign ON public.messages USING btree (campaign, id);
CREATE INDEX messages_contact ON public.messages USING btree (campaign, round, channel, contact);
CREATE UNIQUE INDEX messages_key ON public.messages USING btree (key);
CREATE INDEX messages_leased ON public.messages USING btree (channel, contact) WHERE (lease_until IS NOT NULL);
CREATE INDEX messages_waiting ON public.messages USING btree (campaign, channel, id) WHERE state IN ('planned', 'retry');
CREATE INDEX moves_message ON public.moves USING btree (message, id);
ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_snapshot_fkey FOREIGN KEY (snapshot) REFERENCES public.snapshots(digest);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_snapshot_fkey FOREIGN KEY (snapshot) REFERENCES public.snapshots(digest);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_target_digest_fkey FOREIGN KEY (target_digest) REFERENCES public.targets(digest);
ALTER TABLE ONLY public.moves
    ADD CONSTRAINT moves_message_fkey FOREIGN KEY (message) REFERENCES public.messages(id);