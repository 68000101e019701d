/* load.h - one loading of a configuration, step by step.
 *
 *   text --yaml--> nodes --overrides--> nodes --settings--> draft
 *     draft --check--> mistakes         draft --compile--> weir_config, plans
 *
 * The draft is what the file says, value by value, defaults filled in;
 * weir_config is what follows from it (shares worked out, names resolved,
 * tags merged). The printer shows the draft with what was worked out.
 *
 * Threads: the loading one. Memory: the snapshot's arena, so that nodes and
 * draft live as long as the snapshot. */
#ifndef WEIR_CONFIG_LOAD_H
#define WEIR_CONFIG_LOAD_H

#include "weir/yaml.h"

struct weir_load_options {
    const char *path;       /* NULL: looked for; not read when `text` is set */
    struct weir_str text;   /* instead of a file */
    struct weir_str name;   /* of the text, in messages */
    char *const *variables; /* NAME=VALUE, ended by NULL; NULL: none */
    bool use_files;         /* ${file:}, rule sets, tls */
    bool use_dns;           /* names in listen addresses */
    bool keep_hash_key;     /* make and read hash.key in spool.path */
    size_t most_memory;     /* of the snapshot, in bytes; 0: 256 MiB */
};

struct weir_project_draft {
    struct weir_project project;   /* tagging not yet merged */
    struct weir_strs destinations; /* names; none: all */
    const struct weir_node *node;  /* where it stands */
};

struct weir_destination_draft {
    struct weir_destination destination;
    struct weir_endpoint *more; /* endpoints beside the DSN's origin */
    size_t n_more;
    bool dsn_refused; /* so that it is not also said to be missing */
    const struct weir_node *node;
};

struct weir_draft {
    struct weir_config config; /* without projects and destinations */
    struct weir_project_draft *projects;
    size_t n_projects;
    struct weir_destination_draft *destinations;
    size_t n_destinations;
    struct weir_tag *rulesets; /* name -> file */
    size_t n_rulesets;
    struct weir_strs shadow;
    struct weir_health_check *apis, *services, *queues;
    size_t n_apis, n_services, n_queues;
};

struct weir_loader {
    const struct weir_load_options *options;
    struct weir_arena *arena;
    struct weir_errors *errors;
    struct weir_str file;      /* name of the configuration in messages */
    struct weir_str directory; /* where its relative paths start; empty: here */
    struct weir_node *root;
    struct weir_draft *draft;
    struct weir_strs variables_used; /* by ${NAME} */
    bool no_memory;
};

/* What is freed with a snapshot. */
struct weir_loaded {
    struct weir_snapshot snapshot; /* first: a snapshot is one of these */
    struct weir_draft draft;
    struct weir_ruleset **rulesets;
    size_t n_rulesets;
    struct weir_scrub_plan **plans;
    size_t n_plans;
};

/* The whole of it. */
int weir_load(const struct weir_load_options *o, struct weir_errors *errors,
              struct weir_snapshot **ret_snapshot) WEIR_MUST_CHECK;

/* ---- steps, in order ---------------------------------------------------- */

/* overrides.c: puts WEIR_* variables into the tree; warns of unknown ones
 * (afterwards, when it is known which the file uses). */
void weir_overrides_apply(struct weir_loader *l);
void weir_overrides_warn(struct weir_loader *l);
/* settings.c: nodes to draft, unknown keys. */
void weir_settings_read(struct weir_loader *l);
/* check.c: what no value can show alone. */
void weir_draft_check(struct weir_loader *l);
/* dependencies.c: the part of weir_draft_check() for SLAs and health checks,
 * and of weir_draft_compile(). */
void weir_dependencies_check(struct weir_loader *l);
void weir_dependencies_compile(struct weir_loader *l);
/* compile.c: the draft to `loaded`; may still find mistakes in rule sets. */
int weir_draft_compile(struct weir_loader *l, struct weir_loaded *loaded) WEIR_MUST_CHECK;

/* ---- helpers ------------------------------------------------------------ */

/* expand.c: replaces ${NAME}, ${NAME:-default} and ${file:/path} in the
 * node's text; $${ stands for ${ itself. `ret_secret`: something was
 * replaced, so the text must not be quoted in messages. False: said. */
bool weir_expand(struct weir_loader *l, const struct weir_node *n, struct weir_str *ret_text,
                 bool *ret_secret);
/* The value of a variable of options->variables; false: unset. */
bool weir_variable(const struct weir_loader *l, struct weir_str name, struct weir_str *ret_value);
/* A path as the configuration means it: relative to the file's directory. */
struct weir_str weir_resolve_path(struct weir_loader *l, struct weir_str path);
/* files.c: all of a file of at most `max_bytes`. On failure `why` is a
 * constant text that completes "cannot read X: ". */
int weir_read_file(struct weir_arena *a, struct weir_str path, size_t max_bytes,
                   struct weir_str *ret_text, const char **why) WEIR_MUST_CHECK;
/* The node at a dotted path below `n`, or the nearest one above it. */
const struct weir_node *weir_node_at(const struct weir_node *n, const char *path);
/* Memory from the loader's arena; NULL sets no_memory. */
void *weir_loader_alloc(struct weir_loader *l, size_t n, size_t size);
/* Appends to a list in the loader's arena. */
void weir_strs_add(struct weir_loader *l, struct weir_strs *list, struct weir_str s);
bool weir_strs_have(const struct weir_strs *list, struct weir_str s);

/* hash_key.c: the random key that is made once and kept in the spool
 * directory (hash.key, mode 0600): 64 hex digits. WEIR_EIO when it can
 * neither be read nor made, WEIR_EINVAL when the file holds something else. */
int weir_hash_key_keep(const char *spool_dir, char ret_key[65]) WEIR_MUST_CHECK;
/* A random key for this process, always the same one. */
void weir_hash_key_process(char ret_key[65]);

#endif
