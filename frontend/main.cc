#include "frontend/polytap.h"
#include "frontend/question.h"

int main(int argc, char** argv) { return polytap::run_polytap(argc, argv, polytap::all_backends()); }
