// Where the list of jobs was left, so that the way back from a job leads there, filters and page included.
import { href } from "./router.js";

let place = href("jobs");

export function leftAt(address) {
  place = address;
}

export function listPlace() {
  return place;
}
