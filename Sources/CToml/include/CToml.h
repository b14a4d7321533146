/* A TOML text as a flat list of nodes, each with its place. The parser is toml++ (C++, header-only use), which Swift
 * cannot import; this shim may go when Swift can. Nothing here interprets a value.
 *
 * A document belongs to one thread at a time. Texts that nodes point to live as long as the document. */
#ifndef CTOML_H
#define CTOML_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* pks_toml_node.kind */
#define PKS_TOML_TABLE 1
#define PKS_TOML_ARRAY 2
#define PKS_TOML_TEXT 3
#define PKS_TOML_INTEGER 4
#define PKS_TOML_FLOAT 5
#define PKS_TOML_BOOLEAN 6
#define PKS_TOML_DATE_TIME 7

typedef struct pks_toml_document pks_toml_document;

/* One value. Lines and columns count from 1, columns in characters. */
struct pks_toml_node {
    uint32_t kind;
    uint32_t parent;      /* index of the table or array that it is in; its own for the root */
    uint32_t line;        /* of the value */
    uint32_t column;
    uint32_t key_line;    /* of its key; 0 in an array and for the root */
    uint32_t key_column;
    const char *key;      /* NUL-ended; NULL in an array and for the root */
    size_t key_bytes;     /* a key may hold NULs */
    const char *text;     /* of a TEXT */
    size_t text_bytes;
    int64_t integer;      /* of an INTEGER; 0 or 1 of a BOOLEAN */
};

/* Parses a text of UTF-8; `bytes` may be NULL when there are none. NULL only when there is no memory. Allocates. */
pks_toml_document *pks_toml_parse(const char *bytes, size_t byte_count);

/* What is wrong with the text as a whole, with its place; NULL when it is TOML. */
const char *pks_toml_fault(const pks_toml_document *document, uint32_t *line, uint32_t *column);

/* Nodes; the root table is number 0, and a node comes after the one that it is in. 0 for a text with a fault. */
size_t pks_toml_node_count(const pks_toml_document *document);

/* A node by its number, which is less than the count. */
struct pks_toml_node pks_toml_node_at(const pks_toml_document *document, size_t number);

/* Frees a document and everything that its nodes point to. */
void pks_toml_free(pks_toml_document *document);

#ifdef __cplusplus
}
#endif

#endif
