#include "binlog/event/event_type.hpp"
