#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "CToml.h"

#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pks_toml_document {
    toml::table root;
    std::vector<pks_toml_node> nodes;
    std::string fault;
    uint32_t fault_line = 0;
    uint32_t fault_column = 0;
};

namespace {

// Tables nest as deep as the text is long (a.a.a. ...), so this walk keeps its own stack: the list itself.
struct Waiting {
    const toml::node *node;
    uint32_t number;
};

pks_toml_node described(const toml::node &value, const toml::key *key, uint32_t parent) {
    pks_toml_node node = {};
    node.parent = parent;
    node.line = value.source().begin.line;
    node.column = value.source().begin.column;
    if (key != nullptr) {
        node.key_line = key->source().begin.line;
        node.key_column = key->source().begin.column;
        node.key = key->data();
        node.key_bytes = key->length();
    }
    if (value.is_table()) {
        node.kind = PKS_TOML_TABLE;
    } else if (value.is_array()) {
        node.kind = PKS_TOML_ARRAY;
    } else if (const auto *text = value.as_string()) {
        node.kind = PKS_TOML_TEXT;
        node.text = text->get().data();
        node.text_bytes = text->get().size();
    } else if (const auto *integer = value.as_integer()) {
        node.kind = PKS_TOML_INTEGER;
        node.integer = integer->get();
    } else if (value.is_floating_point()) {
        node.kind = PKS_TOML_FLOAT;
    } else if (const auto *boolean = value.as_boolean()) {
        node.kind = PKS_TOML_BOOLEAN;
        node.integer = boolean->get() ? 1 : 0;
    } else {
        node.kind = PKS_TOML_DATE_TIME;
    }
    return node;
}

void flatten(pks_toml_document &document) {
    std::vector<Waiting> waiting;
    document.nodes.push_back(described(document.root, nullptr, 0));
    waiting.push_back({&document.root, 0});
    while (!waiting.empty()) {
        const Waiting next = waiting.back();
        waiting.pop_back();
        const auto take = [&](const toml::node &value, const toml::key *key) {
            const auto number = static_cast<uint32_t>(document.nodes.size());
            document.nodes.push_back(described(value, key, next.number));
            if (value.is_table() || value.is_array()) { waiting.push_back({&value, number}); }
        };
        if (const auto *table = next.node->as_table()) {
            for (auto &&[key, value] : *table) { take(value, &key); }
        } else if (const auto *array = next.node->as_array()) {
            for (auto &&value : *array) { take(value, nullptr); }
        }
    }
}

} // namespace

pks_toml_document *pks_toml_parse(const char *bytes, size_t byte_count) {
    pks_toml_document *document = nullptr;
    try {
        document = new pks_toml_document;
        try {
            document->root = toml::parse(std::string_view(bytes, byte_count));
            flatten(*document);
        } catch (const toml::parse_error &error) {
            document->nodes.clear();
            document->fault = std::string(error.description());
            document->fault_line = error.source().begin.line;
            document->fault_column = error.source().begin.column;
        }
        return document;
    } catch (...) {
        delete document;
        return nullptr;
    }
}

const char *pks_toml_fault(const pks_toml_document *document, uint32_t *line, uint32_t *column) {
    if (document->fault_line == 0 && document->fault.empty()) { return nullptr; }
    *line = document->fault_line;
    *column = document->fault_column;
    return document->fault.c_str();
}

size_t pks_toml_node_count(const pks_toml_document *document) { return document->nodes.size(); }

pks_toml_node pks_toml_node_at(const pks_toml_document *document, size_t number) { return document->nodes[number]; }

void pks_toml_free(pks_toml_document *document) { delete document; }
