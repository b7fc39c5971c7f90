#include "topology/processor.h"

namespace leat::detail {

void store_refused(const Node& node, std::string_view name, bool other_type) {
  if (other_type) {
    throw ProcessingError("processor " + node.name() + " asks for the store " + std::string(name) +
                          " as another type than it was added with");
  }
  throw ProcessingError("processor " + node.name() + " has no store " + std::string(name) +
                        "; connect it by naming the store where the processor is added");
}

void unknown_child(const Node& node, std::string_view child) {
  throw ProcessingError("processor " + node.name() + " forwards to " + std::string(child) +
                        ", which is none of its children");
}

void negative_timestamp(std::int64_t timestamp) {
  throw ProcessingError("a record with the negative timestamp " + std::to_string(timestamp) + " cannot be forwarded");
}

}  // namespace leat::detail
