#include "state/row_format.h"

#include <stdexcept>

namespace leat::detail {

void read_only_store(std::string_view store) {
  throw std::logic_error("store " + std::string(store) +
                         " is global: only the processor that keeps it may write it; send a record to its topic");
}

void undecodable_row(std::string_view store, const Error& error) {
  // Reads of stores happen inside user code and operators, whose errors are exceptions until the edge catches them.
  throw std::runtime_error("store " + std::string(store) + " holds a row that its serde cannot read (" + error.message +
                           "); was the store written with another serde? reset the application then");
}

}  // namespace leat::detail
