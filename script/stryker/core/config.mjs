import { optionsFor } from "../base.mjs";

export default optionsFor("core");
