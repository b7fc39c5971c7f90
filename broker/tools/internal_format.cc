#include "broker/tools/internal_format.h"

#include <fmt/format.h>

namespace leat::tools {

namespace {

class InternalFormat : public RecordFormat {
 public:
  explicit InternalFormat(InternalRecords records) : records_(records) {}

  Status write(const TopicPartition&, const wire::BatchView&, const wire::RecordView& record,
               std::string& to) override {
    LEAT_ASSIGN_OR_RETURN(const auto found, read_internal(records_, record));
    if (!found) return {};
    const std::string value =
        found->value ? fmt::format(R"({{"version":{},"data":{}}})", found->value->version, found->value->data) : "null";
    to += fmt::format(R"({{"key":{{"type":{},"data":{}}},"value":{}}})", found->type, found->key, value) + "\n";
    return {};
  }

 private:
  InternalRecords records_;
};

}  // namespace

std::unique_ptr<RecordFormat> make_internal_format(InternalRecords records) {
  return std::make_unique<InternalFormat>(records);
}

}  // namespace leat::tools
